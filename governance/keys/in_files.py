"""The keys as older versions kept them, each in a file of the data folder, until the database has taken them over."""

from dataclasses import dataclass, field
from pathlib import Path

from governance.keys.audit_keys import AuditKeyBroken
from governance.sign_in.sessions import KEY_BYTES, KeyWeak

SESSION, AUDIT, PUBLIC = "session.key", "audit.key", "audit.pub"
MOVED = ".moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInFiles:
    """What is there: the sessions' key, the private key of the record (PKCS 8) and the public ones (PEM)."""

    session: bytes = field(default=b"", repr=False)
    audit: bytes = field(default=b"", repr=False)
    public: str = ""
    folder: Path = Path()

    def __bool__(self) -> bool:
        return bool(self.session or self.audit or self.public)


def find_files(home: Path, *, are_moved: bool = False) -> KeysInFiles:
    """What the data folder still has. Raises KeyWeak or AuditKeyBroken for a file that cannot be used.

    `are_moved`: those that were put aside, for a database from before it took them over.
    A key is never silently replaced: everything that it signed would then be unproved.
    """
    folder = home / "keys"
    end = MOVED if are_moved else ""
    try:
        session, audit, public = (_content(folder / f"{name}{end}") for name in (SESSION, AUDIT, PUBLIC))
    except OSError as error:
        raise AuditKeyBroken(f"The keys in {folder} cannot be read: {error.strerror}.") from error
    if session is not None and len(session) < KEY_BYTES:
        raise KeyWeak(
            f"{folder / SESSION}{end} must hold at least {KEY_BYTES} random bytes; remove it to have a new one made."
        )
    if audit == b"":
        raise AuditKeyBroken(f"The audit key {folder / AUDIT}{end} is not a readable private key.")
    text = (public or b"").decode(errors="replace")
    return KeysInFiles(session=session or b"", audit=audit or b"", public=text, folder=folder)


def put_aside(home: Path) -> None:
    """Keep the files under another name, where they are read only for a database that holds no keys."""
    for name in (SESSION, AUDIT, PUBLIC):
        path = home / "keys" / name
        try:
            path.rename(path.with_name(name + MOVED))
        except FileNotFoundError:
            continue


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
