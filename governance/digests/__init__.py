"""Who wants a digest, and when."""
