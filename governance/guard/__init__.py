"""The one door for every call: what the guard judges, and by what."""
