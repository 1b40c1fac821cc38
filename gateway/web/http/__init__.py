"""The HTTP server and the middleware before every route: who calls, what is refused, and in which words."""
