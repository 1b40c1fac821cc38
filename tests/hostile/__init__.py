"""A model that always does its worst, with the tools of today: what it reads, reaches, changes and gets away with."""
