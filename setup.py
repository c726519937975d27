"""For tools that know only setup.py; everything it could say is in pyproject.toml."""

from setuptools import setup

setup()
