"""Secrets that are kept for tools, skills, MCP servers, channels and models, and who is entitled to which."""
