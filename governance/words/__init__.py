"""What governance says to people, in English and Chinese."""
