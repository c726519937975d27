"""Files of other programs, read without running any code that they hold."""
