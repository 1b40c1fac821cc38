"""The key that signs the checkpoints of the record, and the keys that are believed. `keys` knows where they lie."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    @property
    def public(self) -> "Ed25519PublicKey":
        """What verifies its signatures."""
        return self.private.public_key()

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


def new_private() -> bytes:
    """A private key that nobody has had yet, as PKCS 8 in PEM."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_key(pem: bytes, where: str) -> SigningKey:
    """The key of that PEM. `where` it lies is for the sentence of AuditKeyBroken, which this raises."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, UnsupportedAlgorithm, ValueError) as error:
        raise AuditKeyBroken(f"The audit key {where} is not a readable private key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditKeyBroken(f"The audit key {where} is not an Ed25519 key.")
    return SigningKey(key, _name_of(key.public_key()))


def public_keys(text: str, where: str) -> dict[str, "Ed25519PublicKey"]:
    """Every public key in a text of PEM blocks, by name. Raises AuditKeyBroken, which says `where`."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    keys: dict[str, Ed25519PublicKey] = {}
    for block in text.split(_END)[:-1]:
        try:
            key = serialization.load_pem_public_key(f"{block.strip()}\n{_END}\n".encode())
        except (UnsupportedAlgorithm, ValueError) as error:
            raise AuditKeyBroken(f"The audit keys {where} are not readable public keys.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise AuditKeyBroken(f"The audit keys {where} are not Ed25519 keys.")
        keys[_name_of(key)] = key
    return keys


def public_pem(key: "Ed25519PublicKey") -> str:
    """A public key in PEM."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above

    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _name_of(key: "Ed25519PublicKey") -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
