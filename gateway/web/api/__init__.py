"""The JSON API and its document."""
