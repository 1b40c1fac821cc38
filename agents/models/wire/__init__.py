"""How each provider is spoken to: requests, streams, and answers put together."""
