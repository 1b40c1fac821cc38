"""Every setting, and where it is read from."""
