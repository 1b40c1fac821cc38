"""What every call passes: what the guard judges, and by what."""
