"""Where a link leads, and whether its words say another place."""

import re
from urllib.parse import urlsplit

_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PROMISE = re.compile(r"^\s*(?:https?://)?([\w-]+(?:\.[\w-]+)+)(?:[/:?#].*|\s*)$", re.IGNORECASE)


def host_of(url: str) -> str:
    """The host of a web address; empty for every other, and for one that cannot be read."""
    try:
        return (urlsplit(url).hostname or "") if _WEB.match(url) else ""
    except ValueError:
        return ""


def is_web(url: str) -> bool:
    """Whether the address is one of the web, whole and without signs that could end it early."""
    return _WEB.fullmatch(url) is not None and bool(host_of(url))


def misleads(label: str, url: str) -> bool:
    """Whether the words name a host that the address does not lead to."""
    promised = _PROMISE.match(label)
    host = host_of(url) or url.partition("@")[2]
    return promised is not None and not f".{host}".lower().endswith(f".{promised[1].lower()}")
