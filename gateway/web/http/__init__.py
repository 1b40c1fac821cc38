"""The HTTP server and the door before every route: who calls, what is refused, and in which words."""
