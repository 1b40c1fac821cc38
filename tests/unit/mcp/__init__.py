"""Servers of others that bring tools."""
