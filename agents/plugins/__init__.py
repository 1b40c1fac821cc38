"""Plugins: distributions of Python that bring tools, approved by their digest and loaded into the gateway."""
