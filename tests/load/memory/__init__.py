"""How well and how fast memory is found again: questions of our own, entries around them, ways to search compared."""
