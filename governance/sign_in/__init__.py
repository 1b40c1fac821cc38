"""Signing in: names and passwords, sessions, and those who guess."""
