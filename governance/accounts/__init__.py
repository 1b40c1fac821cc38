"""Chat accounts and whose they are: linking, admission, and codes that are worth something."""
