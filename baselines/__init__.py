"""MIKT: transfer of control between robots of different shape, on top of PPO."""

__version__ = "0.1.0"
