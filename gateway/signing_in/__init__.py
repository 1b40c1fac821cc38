"""People sign in to servers of others: the link, the way back, and the tokens that come of it."""
