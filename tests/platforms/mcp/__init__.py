"""Servers of the Model Context Protocol as they should not be, and those of others in their pinned versions."""
