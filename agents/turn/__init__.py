"""One turn: calls judged and run, what is seen of it, what a decision sets going."""
