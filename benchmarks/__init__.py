"""How fast training is, measured against the physics it cannot do without."""
