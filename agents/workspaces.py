"""The folder of a conversation."""

import hashlib


def workspace_name(key: str) -> str:
    """The name of a conversation's folder; it tells nothing about whose it is."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]
