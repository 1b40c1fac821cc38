"""Tokens and their cost, and how often the guard asks."""
