"""Forms that servers of others put before a person while a call runs for them."""
