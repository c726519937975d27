"""Proximal policy optimisation with clipping (Schulman et al. 2017)."""
