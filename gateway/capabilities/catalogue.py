"""Catalogues: signed lists of capabilities, at an https address or in a folder, that an admin named in the settings.

What is taken by its name in one has exactly the bytes that the list names, whatever its source gives today. A list is
believed when the key of the settings has signed it, it has not expired, and it is no older than the last one seen: its
serial never goes down, and one serial never stands for two lists.
"""

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.capabilities.reaching import Bounds, reach
from gateway.capabilities.wrong import SourceWrong
from gateway.settings.catalogues import CatalogueSettings, public_bytes
from governance.egress.egress import Egress
from governance.record.audit import canonical
from governance.values.capability_kinds import CapabilityKind
from governance.values.safe_files import safe_replace

INDEX, SIGNATURE = "index.json", "index.json.sig"
FORM = 1
_MARK = b"nexora catalogue 1\n"
"""Stands before what is signed, so that no signature of something else is one of a catalogue."""
_MOST_BYTES = 4 << 20
_DIGEST_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One capability of a list. `descriptions` are by language; `source` is an address, or a path in the catalogue."""

    kind: CapabilityKind
    name: str
    version: str
    publisher: str
    source: str
    digest: str
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def described(self, language: str) -> str:
        """The description in that language, else in English, else in the first there is; empty without any."""
        given = self.descriptions
        return given.get(language) or given.get("en") or next(iter(given.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueIndex:
    """A list that was believed: the name of the catalogue, and where it lies."""

    name: str
    place: CatalogueSettings
    serial: int
    expires: datetime
    entries: tuple[CatalogueEntry, ...]

    @property
    def folder(self) -> Path | None:
        """The folder here in which it lies; None where it lies at an address."""
        return None if _is_address(self.place.address) else Path(self.place.address)

    def address_of(self, entry: CatalogueEntry) -> str:
        """The address at which an entry lies, a path counted from that of the catalogue."""
        return entry.source if ":" in entry.source else urljoin(_folder(self.place.address), entry.source)


class Catalogues:
    """The catalogues of the settings. `remembered` is the folder in which the last serial of each is kept."""

    def __init__(self, places: Mapping[str, CatalogueSettings], egress: Egress, remembered: Path) -> None:
        self.places = dict(places)
        self._egress, self._remembered = egress, remembered

    async def index(self, name: str, *, now: datetime | None = None) -> CatalogueIndex:
        """The list of a catalogue as it is now. Raises SourceWrong with what to do."""
        place = self.places.get(name)
        if place is None:
            raise SourceWrong("no_catalogue", name=name, names=", ".join(self.places) or "–")
        text, signature = await self._read(name, place, INDEX), await self._read(name, place, SIGNATURE)
        index = believed(name, place, text, signature, now or datetime.now(UTC))
        await asyncio.to_thread(self._remember, index, hashlib.sha256(text).hexdigest())
        return index

    async def search(self, words: str = "", kind: CapabilityKind | None = None) -> "Found":
        """Entries of all catalogues in which every word occurs, and why others were not read."""
        entries: list[tuple[str, CatalogueEntry]] = []
        problems: list[SourceWrong] = []
        for name in self.places:
            try:
                index = await self.index(name)
            except SourceWrong as problem:
                problems.append(problem)
                continue
            entries += [(name, entry) for entry in index.entries if kind in {None, entry.kind} and _has(entry, words)]
        return Found(entries=tuple(entries), problems=tuple(problems))

    async def entry(
        self, name: str, kind: CapabilityKind, catalogue: str = ""
    ) -> tuple[CatalogueIndex, CatalogueEntry]:
        """The entry of that name, in one catalogue or in whichever has it. Raises SourceWrong."""
        found, problems = [], []
        for each in [catalogue] if catalogue else list(self.places):
            try:
                index = await self.index(each)
            except SourceWrong as problem:
                problems.append(problem)
                continue
            found += [(index, one) for one in index.entries if (one.kind, one.name) == (kind, name)]
        if problems and (catalogue or not found):
            raise problems[0]
        if not found:
            raise SourceWrong("not_listed", name=name, names=catalogue or ", ".join(self.places) or "–")
        if len(found) > 1:
            names = ", ".join(f"catalogue:{index.name}/{name}" for index, _ in found)
            raise SourceWrong("two_catalogues", name=name, names=names)
        return found[0]

    async def _read(self, name: str, place: CatalogueSettings, file: str) -> bytes:
        if not _is_address(place.address):
            try:
                return await asyncio.to_thread((Path(place.address) / file).read_bytes)
            except OSError as problem:
                because = problem.strerror or str(problem)
                raise SourceWrong("unreadable", path=f"{place.address}/{file}", because=because) from problem
        url = urljoin(_folder(place.address), file)
        answer = await reach(self._egress, url, Bounds(most_bytes=_MOST_BYTES, seconds=30))
        if answer.status != 200:  # noqa: PLR2004  # as HTTP has it
            raise SourceWrong("status", host=name, status=str(answer.status))
        return answer.body

    def _remember(self, index: CatalogueIndex, digest: str) -> None:
        """Raises SourceWrong where this list is older than one that was seen under the same key."""
        self._remembered.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = f"{index.name}.json"
        try:
            seen = json.loads((self._remembered / file).read_text(encoding="utf-8"))
        except FileNotFoundError:
            seen = {}
        now = {"key": index.place.key, "serial": index.serial, "digest": digest}
        if seen == now:
            return
        if seen.get("key") == index.place.key and seen["serial"] >= index.serial:
            serials = {"serial": str(index.serial), "seen": str(seen["serial"])}
            raise SourceWrong("rolled_back", name=index.name, **serials)
        safe_replace(self._remembered, file, canonical(now).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found, each with the name of its catalogue."""

    entries: tuple[tuple[str, CatalogueEntry], ...]
    problems: tuple[SourceWrong, ...]


def signed_text(index: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: the list in its one form, behind a mark."""
    return _MARK + canonical(index).encode()


def believed(name: str, place: CatalogueSettings, text: bytes, signature: bytes, now: datetime) -> CatalogueIndex:
    """The list, if the key has signed it and it has not expired. Raises SourceWrong. Nothing is read before that."""
    try:
        given = json.loads(text)
        Ed25519PublicKey.from_public_bytes(public_bytes(place.key)).verify(
            base64.b64decode(signature, validate=False), signed_text(given)
        )
    except (InvalidSignature, ValueError, RecursionError, binascii.Error) as problem:
        raise SourceWrong("signature", name=name) from problem
    try:
        if given["nexora_catalogue"] != FORM:
            raise SourceWrong("newer_catalogue", name=name)
        expires = datetime.fromisoformat(given["expires"])
        entries = tuple(_entry(one) for one in given["entries"])
        index = CatalogueIndex(name=name, place=place, serial=int(given["serial"]), expires=expires, entries=entries)
        is_over = expires <= now
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise SourceWrong("catalogue_form", name=name) from problem
    if is_over:
        raise SourceWrong("expired", name=name, day=expires.date().isoformat())
    return index


def _entry(one: Mapping[str, Any]) -> CatalogueEntry:
    digest = str(one["digest"])
    if len(digest) != _DIGEST_DIGITS or int(digest, 16) < 0:
        raise ValueError("no digest")
    texts = {name: str(one[name]) for name in ("name", "version", "publisher", "source")}
    descriptions = {str(language): str(text) for language, text in one["description"].items()}
    return CatalogueEntry(kind=CapabilityKind(one["kind"]), digest=digest, descriptions=descriptions, **texts)


def _has(entry: CatalogueEntry, words: str) -> bool:
    text = " ".join((entry.name, entry.publisher, *entry.descriptions.values())).casefold()
    return all(word in text for word in words.casefold().split())


def _is_address(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _folder(address: str) -> str:
    return address.removesuffix(INDEX).rstrip("/") + "/"
