"""The key that signs the checkpoints of the record, and the keys that are believed. It never leaves the data folder.

`keys/audit.key` (PKCS 8, 0600) is made at the first start and signs. `keys/audit.pub` beside it holds, in PEM, every
public key whose checkpoints are believed: one's own, and those of other gateways on the same database when they do not
share a key. Whoever has the database alone can therefore forge no checkpoint.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from channels.base import NexoraError

if TYPE_CHECKING:  # OpenSSL's bindings load when a key is first used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_END = "-----END PUBLIC KEY-----"


class AuditKeyBroken(NexoraError):
    """The key of the audit record cannot be read."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key and the short name under which its signatures are found."""

    private: "Ed25519PrivateKey"
    name: str

    def sign(self, text: str) -> str:
        """`name:signature`, the signature in base64."""
        return f"{self.name}:{base64.b64encode(self.private.sign(text.encode())).decode()}"


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The public keys that are believed, by name."""

    keys: Mapping[str, "Ed25519PublicKey"]

    def knows(self, signature: str) -> bool:
        """Whether the key that is named in front of the signature is among them."""
        return name_in(signature) in self.keys

    def believes(self, signature: str, text: str) -> bool:
        """Whether this is a signature over this text by a key that is believed."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy, needed by few processes

        name, _, encoded = signature.partition(":")
        key = self.keys.get(name)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(encoded, validate=True), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def name_in(signature: str) -> str:
    """The name of the key that is said to have signed."""
    return signature.partition(":")[0][:64]


def folder_of(home: Path) -> Path:
    """Where the keys of a data folder lie."""
    return home / "keys"


def open_key(home: Path) -> SigningKey:
    """The signing key of this data folder, made when there is none; its public part is put beside it.

    Raises AuditKeyBroken when a file is there and cannot be used: a key is never silently replaced, since everything
    that it signed would then be unproved.
    """
    folder = folder_of(home)
    path = folder / "audit.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        key = _signing_key(path)
        if key.name not in _public_keys(folder / "audit.pub"):
            _append(folder / "audit.pub", _public_pem(key.private))
    except OSError as error:
        raise AuditKeyBroken(f"The audit key {path} cannot be used: {error.strerror}.") from error
    return key


def trusted_keys(home: Path) -> TrustedKeys:
    """Every public key that this data folder holds; none when there are no files. Raises AuditKeyBroken."""
    folder = folder_of(home)
    try:
        keys = _public_keys(folder / "audit.pub")
        if (folder / "audit.key").exists():
            own = _signing_key(folder / "audit.key")
            keys[own.name] = own.private.public_key()
    except OSError as error:
        raise AuditKeyBroken(f"The audit keys in {folder} cannot be read: {error.strerror}.") from error
    return TrustedKeys(keys)


def _create(path: Path) -> None:
    """Make the key whole before it gets its name, so that two starts at once end with one key."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f".audit.key.{uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # the other start was first; its key holds
    finally:
        draft.unlink()


def _append(path: Path, pem: str) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def _signing_key(path: Path) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (TypeError, UnsupportedAlgorithm, ValueError) as error:
        raise AuditKeyBroken(f"The audit key {path} is not a readable private key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditKeyBroken(f"The audit key {path} is not an Ed25519 key.")
    return SigningKey(key, _name_of(key.public_key()))


def _public_keys(path: Path) -> dict[str, "Ed25519PublicKey"]:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    keys: dict[str, Ed25519PublicKey] = {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for block in text.split(_END)[:-1]:
        try:
            key = serialization.load_pem_public_key(f"{block.strip()}\n{_END}\n".encode())
        except (UnsupportedAlgorithm, ValueError) as error:
            raise AuditKeyBroken(f"The audit keys in {path} are not readable public keys.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise AuditKeyBroken(f"The audit keys in {path} are not Ed25519 keys.")
        keys[_name_of(key)] = key
    return keys


def _public_pem(private: "Ed25519PrivateKey") -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above

    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _name_of(key: "Ed25519PublicKey") -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
