"""Signing in to servers of others by OAuth, as the protocol's edition 2025-11-25 describes it."""
