"""Markdown: read once into a tree, and what several dialects need to write it."""
