"""What is to happen later or again and again: whose it is, when it is due, and where it is told."""
