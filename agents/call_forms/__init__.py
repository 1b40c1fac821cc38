"""Calls of tools as models write them, brought into the form that the tools know."""
