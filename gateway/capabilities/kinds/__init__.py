"""What each kind of capability reads out of a package, one module a kind."""
