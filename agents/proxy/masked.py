"""Keeps secrets out of what comes back, also across pieces: what stands in their place is just as long.

A secret as it is becomes its reference by name where that fits, filled up with stars, so that a model knows what stood
there; one that is encoded becomes stars.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from governance.egress.hosts import secret_reference
from governance.masking.known import encoded

_LEAST = 6
"""A shorter secret would be found everywhere by chance."""


class Masked:
    """One stream of bytes. What might be the beginning of a secret waits until more has come."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` are values with the name of each."""
        forms = {form: b"*" * len(form) for secret in secrets for form in _forms(secret) if len(form) >= _LEAST}
        for secret, name in secrets.items():
            plain, reference = secret.encode(), secret_reference(name).encode()
            if plain in forms and len(reference) <= len(plain):
                forms[plain] = reference.ljust(len(plain), b"*")
        self._forms = dict(sorted(forms.items(), key=lambda each: len(each[0]), reverse=True))
        self._kept = b""

    def feed(self, piece: bytes) -> bytes:
        """The masked bytes that can go on."""
        held = self._masked(self._kept + piece)
        wait = max((self._begun(held, form) for form in self._forms), default=0)
        self._kept = held[len(held) - wait :]
        return held[: len(held) - wait]

    def end(self) -> bytes:
        """What still waited."""
        kept, self._kept = self._kept, b""
        return kept

    def _masked(self, data: bytes) -> bytes:
        for form, instead in self._forms.items():
            data = data.replace(form, instead)
        return data

    @staticmethod
    def _begun(data: bytes, form: bytes) -> int:
        """How many bytes at the end may be the beginning of the form."""
        longest = min(len(form) - 1, len(data))
        return next((length for length in range(longest, 0, -1) if data.endswith(form[:length])), 0)


def _forms(secret: str) -> Iterable[bytes]:
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    for form in encoded(plain):
        yield form.encode()
