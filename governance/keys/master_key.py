"""The master key, which opens the keys that the database holds. It never lies in the database itself.

It comes from the settings, or lies in `keys/master.key` of the data folder (0600, base64 of 32 random bytes), so that
whoever has the database alone can sign nothing and sign nobody in.
"""

import base64
import binascii
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from channels.base import NexoraError

BYTES = 32
NONCE_BYTES = 12


class KeyChanged(NexoraError):
    """A key in the database is not as it was written."""


class MasterKeyWrong(NexoraError):
    """The master key cannot be used."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 random bytes with which other keys are wrapped (AES-256-GCM, tied to their names)."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What it is called among people: eight hexadecimal digits that tell nothing of it."""
        return hashlib.sha256(b"nexora master key\0" + self.secret).hexdigest()[:8]

    def wrap(self, name: str, plain: bytes) -> tuple[bytes, bytes]:
        """A fresh nonce, and the key of that name as it may lie in the database."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - heavy, needed by few processes

        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce, AESGCM(self.secret).encrypt(nonce, plain, _tied_to(name))

    def unwrap(self, name: str, nonce: bytes, wrapped: bytes) -> bytes:
        """The key itself. Raises KeyChanged when it is not what was wrapped under that name."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        try:
            return AESGCM(self.secret).decrypt(nonce, wrapped, _tied_to(name))
        except (InvalidTag, ValueError) as error:
            raise KeyChanged(
                f"The key '{name}' in the database is not as it was written: put nexora_keys back from a backup."
            ) from error


def _tied_to(name: str) -> bytes:
    return f"nexora key: {name}".encode()


def master_key_from(text: str) -> MasterKey:
    """The key that a person was given as text. Raises MasterKeyWrong with a sentence that does not show it."""
    try:
        secret = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "==", validate=False)
    except (binascii.Error, ValueError) as error:
        raise MasterKeyWrong("must be 32 random bytes in base64, as `openssl rand -base64 32` prints them") from error
    if len(secret) != BYTES or len(set(secret)) < BYTES // 4:
        raise MasterKeyWrong("must be 32 random bytes in base64, as `openssl rand -base64 32` prints them")
    return MasterKey(secret)


def place_of(home: Path) -> Path:
    """Where the master key of a data folder lies, unless the settings give one."""
    return home / "keys" / "master.key"


def find_master_key(home: Path | None, given: str = "") -> MasterKey | None:
    """The one of the settings (`given`), else of the data folder; None without either. Raises MasterKeyWrong."""
    if given:
        return master_key_from(given)
    if home is None:
        return None
    return _read(place_of(home))


def make_master_key(home: Path) -> MasterKey:
    """A new one in the data folder, whole and on the disk before it gets its name. Raises MasterKeyWrong.

    Whoever calls it has seen, alone, that there is none.
    """
    return _written(place_of(home))


def make_next_master_key(home: Path) -> MasterKey:
    """One that waits beside the master key of a data folder until it takes its place. Raises MasterKeyWrong."""
    return _written(_next_place(home))


def next_master_key(home: Path) -> MasterKey | None:
    """The one that waits. Raises MasterKeyWrong."""
    return _read(_next_place(home))


def take_next_master_key(home: Path) -> None:
    """Put it in the place of the one before, which stays as `master.key.old`: older backups are opened by it."""
    place = place_of(home)
    try:
        shutil.copy2(place, place.with_name("master.key.old"))
        _next_place(home).rename(place)
    except OSError as error:
        raise MasterKeyWrong(f"The master key {place} cannot be written: {error.strerror}.") from error


def write_new_master_key(path: Path) -> MasterKey:
    """A new one in a file that nobody has yet. Raises MasterKeyWrong."""
    if path.exists():
        raise MasterKeyWrong(f"{path} is there already; name another file.")
    return _written(path)


def _next_place(home: Path) -> Path:
    return place_of(home).with_name("master.key.next")


def _read(path: Path) -> MasterKey | None:
    try:
        return master_key_from(path.read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MasterKeyWrong(f"The master key {path} cannot be read: {error.strerror}.") from error
    except MasterKeyWrong as error:
        raise MasterKeyWrong(f"The master key {path} {error}.") from error


def _written(path: Path) -> MasterKey:
    made = MasterKey(secrets.token_bytes(BYTES))
    draft = path.with_name(f".master.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(made.secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise MasterKeyWrong(f"The master key {path} cannot be written: {error.strerror}.") from error
    return made
