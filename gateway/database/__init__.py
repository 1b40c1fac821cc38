"""The pool of connections, the schema, and the server of our own."""
