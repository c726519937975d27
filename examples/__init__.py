"""A network, a mapping and a transfer method from outside the package (docs/extending.md)."""
