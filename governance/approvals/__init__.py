"""What is asked of people: requests, who decides, how they end, and the cards that say so."""
