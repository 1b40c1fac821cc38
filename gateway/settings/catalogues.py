"""The settings of catalogues: signed lists of capabilities that an admin trusts."""

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from gateway.settings.locations import resolved

_KEY_BYTES = 32
_NAME_OF_FOLDER = ("http", "https")


def public_bytes(key: str) -> bytes:
    """The 32 bytes of a public key. Raises ValueError."""
    try:
        found = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64; write the key as `nexora catalogue key` prints it") from error
    if len(found) != _KEY_BYTES:
        raise ValueError("must be the 32 bytes of an Ed25519 public key, as `nexora catalogue key` prints it")
    return found


def _key(key: str) -> str:
    public_bytes(key)
    return key


def _address(given: Any, info: ValidationInfo) -> Any:
    """An https address as it is, and a folder counted from the file it is written in."""
    if not isinstance(given, str) or urlsplit(given).scheme in _NAME_OF_FOLDER:
        return given
    return str(resolved(given, info))


class CatalogueSettings(BaseModel):
    """One catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    address: Annotated[str, BeforeValidator(_address)]
    """Where its index.json lies: an https address, or a folder of this machine."""
    key: Annotated[str, AfterValidator(_key)]
    """The public key that signs it, in base64, as `nexora catalogue key` prints it."""
