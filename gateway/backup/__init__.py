"""A backup in one file, and the way back."""
