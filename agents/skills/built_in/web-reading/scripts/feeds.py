"""The entries of RSS, Atom and JSON feeds. A date counts only when it is written so that it can be trusted."""

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import feedparser

LONGEST = 300
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:\D{0,3}(\d{1,2})[:：时](\d{1,2}))?")
_PLAIN = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::\d{2})?)?$")
_BEIJING = timezone(timedelta(hours=8))
_OF_READERS = re.compile(r"utm_\w+|spm|from|fbclid|gclid|share\w*|ref")
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")


@dataclass
class FeedEntry:
    """One entry; `day` is None where no date is written that can be trusted."""

    title: str
    link: str
    day: "datetime | None"
    words: str
    source: str


def entries(path: Path, address: str = "") -> list[FeedEntry]:
    """All entries of a saved feed. Raises ValueError for what is no feed."""
    content = path.read_bytes()
    if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{":
        return _of_json(json.loads(content.decode("utf-8-sig")), address)
    feed = feedparser.parse(content, sanitize_html=True)
    if not feed.version and not feed.entries:
        raise ValueError(f"{path} is no feed")
    source = feed.feed.get("title") or path.name
    return [
        FeedEntry(
            title=_flat(each.get("title", "")) or "(no title)",
            link=urljoin(address, each.get("link", "")),
            day=moment(each.get("published") or each.get("updated") or each.get("created") or ""),
            words=_flat(each.get("summary", "") or _content(each))[:LONGEST],
            source=_flat(source),
        )
        for each in feed.entries
    ]


def _content(entry) -> str:
    return entry.get("content", [{}])[0].get("value", "")


def _of_json(feed: dict, address: str) -> list[FeedEntry]:
    """JSON Feed (jsonfeed.org), of which feedparser knows nothing."""
    if "jsonfeed.org" not in str(feed.get("version", "")) and "items" not in feed:
        raise ValueError("this JSON is no feed")
    return [
        FeedEntry(
            title=_flat(each.get("title") or each.get("summary") or "(no title)")[:LONGEST],
            link=urljoin(address, str(each.get("url") or each.get("external_url") or each.get("id") or "")),
            day=moment(str(each.get("date_published") or each.get("date_modified") or "")),
            words=_flat(each.get("summary") or each.get("content_text") or each.get("content_html") or "")[:LONGEST],
            source=_flat(str(feed.get("title", ""))),
        )
        for each in feed.get("items", [])
    ]


def moment(text: str) -> "datetime | None":
    """The moment that a text names. feedparser makes the first of this month of what it does not know: never ask it."""
    text = text.strip()
    if found := _CHINESE.search(text) or _PLAIN.match(text):
        year, month, day, hour, minute = (int(each or 0) for each in found.groups())
        try:
            return datetime(year, month, day, hour, minute, tzinfo=_BEIJING)
        except ValueError:
            return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(text)
        except (TypeError, ValueError, IndexError):
            continue
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


def named(page: Path, address: str = "") -> list[tuple[str, str]]:
    """The feeds that a saved page names: address and title of each."""
    text = page.read_bytes().decode("utf-8", "replace")
    found = []
    for link in _LINK.findall(text):
        given = {key.lower(): html.unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(link)}
        kind = given.get("type", "").lower()
        if "alternate" in given.get("rel", "").lower() and re.search(r"rss|atom|feed\+json", kind):
            found.append((urljoin(address, given.get("href", "")), given.get("title", "")))
    return found


def plain_address(link: str) -> str:
    """An address by which the same page is known again, whoever passed it on."""
    parts = urlsplit(link)
    host = re.sub(r"^(?:www|m|wap|amp)\.", "", (parts.hostname or "").lower())
    asked = urlencode([(key, value) for key, value in parse_qsl(parts.query) if not _OF_READERS.fullmatch(key)])
    return f"{host}{parts.path.rstrip('/')}{f'?{asked}' if asked else ''}"


def _flat(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", str(text))).split())
