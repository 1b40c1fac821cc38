"""Which addresses agents may reach."""
