"""Nexora as a server of the Model Context Protocol, for programs that speak as their person."""
