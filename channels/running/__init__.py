"""A living adapter for each connection, and what makes up for what its platform lacks."""
