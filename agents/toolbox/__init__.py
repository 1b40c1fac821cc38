"""The built-in tools, one module per noun; importing one registers nothing."""
