"""From an event on the bus to its answer: who speaks, which agent answers, what it reads."""
