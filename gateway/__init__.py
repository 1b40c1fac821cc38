"""The roof: builds everything, owns the bus, routes and serves HTTP."""

__version__ = "0.1.0"
"""The version of the product; a test holds it equal to pyproject.toml's."""
