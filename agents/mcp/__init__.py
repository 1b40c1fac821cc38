"""Servers of others that bring tools, by the Model Context Protocol. The SDK is loaded with the first server."""
