"""What WeCom's callbacks come in: a signature, AES-256-CBC, and flat XML. Whatever does not fit is one error.

Facts: developer.work.weixin.qq.com/document/path/90968: the signature is SHA-1 of token, time, nonce and the locked
text, sorted; inside lie 16 random bytes, the length of the message in four bytes, the message, and for whom it is.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
RANDOM_BYTES, LENGTH_BYTES = 16, 4
MOST_TEXT = 2**18
DEEPEST = 16


class NotOurs(ValueError):
    """A request that was not sealed for us."""


class Envelope:
    """Opens what was sealed with the app's token and key for the company."""

    def __init__(self, token: str, encoding_aes_key: str, receiver: str) -> None:
        self._token = token
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._receiver = receiver.encode()

    def opened(self, locked: str, *, signature: str, timestamp: str, nonce: str) -> bytes:
        """The message inside; raises NotOurs whatever is wrong with it."""
        signed = "".join(sorted((self._token, timestamp, nonce, locked))).encode("utf-8", "surrogatepass")
        made = hashlib.sha1(signed, usedforsecurity=False).hexdigest()  # the platform's choice, with a secret inside
        if not hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogatepass")):
            raise NotOurs("signature")
        message, receiver = _parted(self._decrypted(locked))
        if not hmac.compare_digest(receiver, self._receiver):
            raise NotOurs("receiver")
        return message

    def _decrypted(self, locked: str) -> bytes:
        try:
            raw = base64.b64decode(locked, validate=True)
            decryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
            padded = decryptor.update(raw) + decryptor.finalize()
        except ValueError as error:
            raise NotOurs("cipher") from error
        padding = padded[-1] if padded else 0
        if not 1 <= padding <= BLOCK or padded[-padding:] != bytes([padding]) * padding:
            raise NotOurs("padding")
        return padded[:-padding]


def _parted(plain: bytes) -> tuple[bytes, bytes]:
    start = RANDOM_BYTES + LENGTH_BYTES
    length = int.from_bytes(plain[RANDOM_BYTES:start], "big")
    if len(plain) < start + length:
        raise NotOurs("length")
    return plain[start : start + length], plain[start + length :]


def flat(document: bytes) -> Mapping[str, str]:
    """The texts of the elements right below the root, by name.

    Raises NotOurs for what is no XML, for a DTD with whatever it would declare, and for what is too long or too deep.
    """
    if len(document) > MOST_TEXT:
        raise NotOurs("too long")
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)  # noqa: FBT003 -- expat takes it by place: this is the end
    except NotOurs:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # also an encoding that is none
        raise NotOurs("xml") from error
    return reader.texts


class _Reader:
    """Hears what the parser finds."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._path: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._declared
        self.parser.StartElementHandler = self._began
        self.parser.EndElementHandler = self._ended
        self.parser.CharacterDataHandler = self._said

    def _declared(self, *_: object) -> None:
        raise NotOurs("dtd")

    def _began(self, name: str, _: Mapping[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise NotOurs("too deep")
        if len(self._path) == 2:  # noqa: PLR2004 -- right below the root
            self.texts.setdefault(name, "")

    def _ended(self, _: str) -> None:
        self._path.pop()

    def _said(self, text: str) -> None:
        if len(self._path) == 2:  # noqa: PLR2004 -- right below the root
            self.texts[self._path[-1]] += text
