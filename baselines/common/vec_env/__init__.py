"""Tasks by name, many of them at once, and their running statistics."""
