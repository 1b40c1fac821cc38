"""Requests of hosts that an agent may reach: what is asked, what is decided, and the rules that come of it."""
