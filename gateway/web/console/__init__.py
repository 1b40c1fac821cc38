"""The console: pages that the server draws, and what makes them move."""
