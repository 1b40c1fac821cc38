"""A data folder as versions left it that kept every key in a file of its own."""

from pathlib import Path

from governance.keys.audit_keys import SigningKey, new_private, public_pem, signing_key

SESSION = bytes(range(64))


def old_home(home: Path, *, session: bytes = SESSION) -> SigningKey:
    """Its three files, and the key that signed its checkpoints."""
    folder, private = home / "keys", new_private()
    folder.mkdir(parents=True)
    own = signing_key(private, "of the test")
    (folder / "session.key").write_bytes(session)
    (folder / "audit.key").write_bytes(private)
    (folder / "audit.pub").write_text(public_pem(own.public))
    return own
