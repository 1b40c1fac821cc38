"""The model of a first run, which needs no provider."""
