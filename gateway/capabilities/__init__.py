"""Capabilities from where they lie to where they are used: taken from a source, listed in catalogues, loaded."""
