"""Machines that a text names: those from which everybody installs, and those that nobody would name who meant well."""

import re
from enum import StrEnum

from governance.scanner.rules.written_patterns import WrittenPattern

_KNOWN = WrittenPattern("hosts.known")
_DROPS = WrittenPattern("hosts.drops")
_HOOKS = WrittenPattern("hosts.hooks")
_NAMED_ILL = WrittenPattern("hosts.named_ill")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|0x[0-9a-f]{8}(?!\w)|\[[0-9a-f:]+\]", re.IGNORECASE)
_PRIVATE = WrittenPattern("hosts.private")
_METADATA = re.compile(r"169\.254\.169\.254|metadata\.google\.internal|100\.100\.100\.200")
_URL = re.compile(r"(?:https?|ftp|wss?)://([^\s/\"'`<>()|\\,;]+)([^\s\"'`<>()|\\,;]*)", re.IGNORECASE)
_HERE = WrittenPattern("hosts.here")


class Trust(StrEnum):
    """What a machine's name says about whoever named it. Alphabetical."""

    HERE = "here"
    ILL = "ill"
    KNOWN = "known"
    ORDINARY = "ordinary"


def trust_of(url: str) -> Trust:
    """What the machine of an address is; a text without one is ordinary."""
    found = _URL.search(url)
    if found is None:
        return Trust.ILL if _DROPS.search(url) or _HOOKS.search(url) else Trust.ORDINARY
    host, path = found[1].rpartition("@")[2], found[2]
    if _HERE.match(host):
        return Trust.HERE
    if _ADDRESS.match(host):
        return Trust.HERE if _PRIVATE.match(host) else Trust.ILL
    if _DROPS.search(host) or _HOOKS.search(host + path) or host.startswith("xn--") or ".xn--" in host:
        return Trust.ILL
    if _NAMED_ILL.search(host) or not host.isascii():
        return Trust.ILL
    return Trust.KNOWN if _KNOWN.match(host + path) and not _NAMED_ILL.search(path) else Trust.ORDINARY


def is_drop(text: str) -> bool:
    """Whether a text names a place where data are dropped for somebody who gives no name, or a metadata service."""
    return bool(_DROPS.search(text) or _HOOKS.search(text) or _METADATA.search(text))


def urls_in(text: str) -> list[str]:
    """The addresses in a text, as they stand."""
    return [found[0] for found in _URL.finditer(text)]


def is_plain_address(text: str) -> bool:
    """Whether a text names a machine on the internet by its number."""
    return any(
        not _PRIVATE.match(found[0]) and not found[0].startswith("[")
        for found in _ADDRESS.finditer(text)
        if _counts(found[0])
    )


def _counts(address: str) -> bool:
    return all(part.isdigit() and int(part) < 256 for part in address.split(".")) and address.count(".") == 3  # noqa: PLR2004  # an octet
