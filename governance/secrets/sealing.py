"""How a secret lies in the database: sealed by a key of its own, which the master key wraps. Values only.

Both are AES-256-GCM and bound to name, owner and version, so that no row opens in the place of another, nor an older
one in the place of a newer.
"""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from governance.keys.master_key import BYTES, NONCE_BYTES, KeyChanged, MasterKey
from governance.record.audit import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A secret as a row holds it. `master` is the id of the master key that wraps its own."""

    nonce: bytes
    sealed: bytes = field(repr=False)
    key_nonce: bytes
    wrapped_key: bytes = field(repr=False)
    master: str


def seal(master: MasterKey, place: str, value: str) -> Sealed:
    """The value under a new key of its own. `place` is what it is bound to, as `bound_to` says."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - heavy, needed by few processes

    key, nonce = secrets.token_bytes(BYTES), secrets.token_bytes(NONCE_BYTES)
    key_nonce, wrapped = master.wrap(place, key)
    sealed = AESGCM(key).encrypt(nonce, value.encode(), place.encode())
    return Sealed(nonce=nonce, sealed=sealed, key_nonce=key_nonce, wrapped_key=wrapped, master=master.id)


def unseal(master: MasterKey, place: str, held: Sealed) -> str:
    """The value itself. Raises KeyChanged when the row is not as it was written there."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

    key = master.unwrap(place, held.key_nonce, held.wrapped_key)
    try:
        return AESGCM(key).decrypt(held.nonce, held.sealed, place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise KeyChanged(f"The secret '{place}' in the database is not as it was written.") from error


def wrapped_anew(old: MasterKey, new: MasterKey, place: str, held: Sealed) -> tuple[bytes, bytes]:
    """The key of a secret as another master key wraps it. Raises KeyChanged."""
    return new.wrap(place, old.unwrap(place, held.key_nonce, held.wrapped_key))


def bound_to(name: str, owner: UUID | None, version: int) -> str:
    """What a secret is bound to. JSON, so that no name can be taken for another with an owner."""
    return canonical(["secret", name, str(owner or ""), version])
