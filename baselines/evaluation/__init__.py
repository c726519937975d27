"""Episodes and films of policies that are trained."""
