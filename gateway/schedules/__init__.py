"""What is due is set going, and what became of it is kept."""
