"""HTTP: sign-in, the JSON API, the console's pages and its event streams."""
