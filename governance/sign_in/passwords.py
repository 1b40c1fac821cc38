"""Passwords: what is refused, how they are kept, and how a wrong one is told. Never a password in a log or an error.

argon2id takes 19 MiB and some 30 ms a time, on purpose; two at once, so that a hundred people who sign in together
wait in a queue instead of taking 2 GB.
"""

import asyncio
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import NexoraError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 8, 128
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
AT_ONCE = 2
_COMMON = Path(__file__).with_name("common_passwords.txt")


class PasswordRefused(NexoraError):
    """This password cannot be used."""


class PasswordTooShort(PasswordRefused):
    """A password has at least 8 characters."""


class PasswordTooLong(PasswordRefused):
    """A password has at most 128 characters."""


class PasswordCommon(PasswordRefused):
    """This password is among those that are tried first; choose another."""


class Passwords:
    """Hashes and verifies, a few at a time, in threads."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._memory_kib = memory_kib
        self._passes = passes
        self._turnstile = asyncio.Semaphore(AT_ONCE)
        self._loaded: PasswordHasher | None = None
        self._decoy = ""

    async def hash(self, password: str, *, name: str = "") -> str:
        """What is kept of a new password of the person who signs in as `name`. Raises PasswordRefused."""
        require_usable(password, name=name)
        return await self.renew(password)

    async def renew(self, password: str) -> str:
        """The same password hashed with today's parameters, however long ago it was chosen."""
        async with self._turnstile:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password. It takes as long when there is none to compare with."""
        if len(password) > LONGEST * 4:
            password = ""  # no password is that long, and no work is done in proportion to it
        async with self._turnstile:
            return await asyncio.to_thread(self._matches, kept, _normal(password))

    def is_outdated(self, kept: str) -> bool:
        """Whether this was hashed with other parameters than today's, so that the next sign-in renews it."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, kept: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415  # loaded on first use

        if kept is None:
            self._decoy = self._decoy or self._hasher.hash("nobody signs in with this")
        try:
            return self._hasher.verify(kept or self._decoy, password) and kept is not None
        except (InvalidHashError, VerificationError):
            return False

    @property
    def _hasher(self) -> "PasswordHasher":
        if self._loaded is None:
            from argon2 import PasswordHasher  # noqa: PLC0415  # loaded on first use

            self._loaded = PasswordHasher(
                memory_cost=self._memory_kib, time_cost=self._passes, parallelism=LANES, encoding="utf-8"
            )
        return self._loaded


def require_usable(password: str, *, name: str = "") -> None:
    """Raise PasswordRefused, with the reason, for a password that nobody should have."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise PasswordTooShort
    if len(plain) > LONGEST:
        raise PasswordTooLong
    lowered = plain.casefold()
    bare = lowered.strip("0123456789!?.,;:*#@$%&-_+= ")
    if lowered in _common() or bare in _common() or len(set(lowered)) < 3 or (name and bare == name.casefold()):  # noqa: PLR2004  # aaaaaaaa, abababab
        raise PasswordCommon


def _normal(password: str) -> str:
    """One text for one password, whichever keyboard composed its accents."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())
