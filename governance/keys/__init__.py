"""The keys of this installation and the master key that opens them."""
