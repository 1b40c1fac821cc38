"""Sixty everyday tasks, each with the route that a good model takes through the tools, counted and checked."""
