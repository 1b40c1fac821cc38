"""Prints the stories of saved feeds by topic, each once: digest.py FILE… --topics news.json [--seen FILE]."""

import argparse
import hashlib
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "web-reading" / "scripts"))
try:
    import feeds
except ImportError as problem:
    sys.exit(f"the skill web-reading is needed beside this one ({problem})")

ALIKE = 0.6
"""Share of pairs of signs that two titles of one story have in common at least."""
_MOST_SEEN = 5_000


def main() -> None:
    """Print them; remember what was printed."""
    reader = argparse.ArgumentParser()
    reader.add_argument("sources", type=Path, nargs="+")
    reader.add_argument("--topics", type=Path)
    reader.add_argument("--days", type=float, default=1)
    reader.add_argument("--most", type=int, default=30)
    reader.add_argument("--seen", type=Path)
    given = reader.parse_args()
    topics = json.loads(given.topics.read_text(encoding="utf-8-sig")).get("topics", {}) if given.topics else {}
    seen = json.loads(given.seen.read_text(encoding="utf-8")) if given.seen and given.seen.exists() else []
    stories = [story for story in told_once(_entries(given)) if not {_key(each) for each in story} & set(seen)]
    shown: list[list[feeds.FeedEntry]] = []
    for topic, words in (topics or {"all": []}).items():
        of_topic = [story for story in stories if story not in shown and _is_about(story, words)]
        of_topic = of_topic[: given.most - len(shown)]
        shown += of_topic
        print(f"## {topic}")
        print("\n".join(map(_line, of_topic)) or "(nothing new)")
    print(f"({len(shown)} stories shown, {len(stories) - len(shown)} about other things or beyond --most)")
    if given.seen:
        known = [*seen, *(_key(each) for story in shown for each in story)][-_MOST_SEEN:]
        given.seen.write_text(json.dumps(known), encoding="utf-8")


def _entries(given: argparse.Namespace) -> list[feeds.FeedEntry]:
    since = datetime.now(UTC) - timedelta(days=given.days)
    found = []
    for source in given.sources:
        try:
            found += feeds.entries(source)
        except (OSError, ValueError) as problem:
            print(f"could not be read: {source}: {problem}")
    newest = datetime.now(UTC)
    return sorted((e for e in found if e.day is None or e.day >= since), key=lambda e: e.day or newest, reverse=True)


def told_once(entries: list[feeds.FeedEntry]) -> list[list[feeds.FeedEntry]]:
    """Entries that tell the same story, together: by their address, or by titles that are nearly the same."""
    stories: list[list[feeds.FeedEntry]] = []
    for entry in entries:
        story = next((each for each in stories if any(_is_same(entry, other) for other in each)), None)
        if story is None:
            stories.append([entry])
        elif all(feeds.plain_address(entry.link) != feeds.plain_address(other.link) for other in story):
            story.append(entry)
    return stories


def _is_same(one: feeds.FeedEntry, other: feeds.FeedEntry) -> bool:
    if one.link and feeds.plain_address(one.link) == feeds.plain_address(other.link):
        return True
    first, second = _pairs(one.title), _pairs(other.title)
    return bool(first and second) and len(first & second) / len(first | second) >= ALIKE


def _pairs(title: str) -> set[str]:
    """Neighbouring signs of a title, which compare Chinese and English alike."""
    signs = re.sub(r"[\W_]+", "", title.casefold())
    return {signs[at : at + 2] for at in range(len(signs) - 1)}


def _is_about(story: list[feeds.FeedEntry], words: list[str]) -> bool:
    text = " ".join(f"{each.title} {each.words}" for each in story).casefold()
    return not words or any(_has(text, word.casefold()) for word in words)


def _has(text: str, word: str) -> bool:
    """A short Latin word counts as a whole word, so that AI is not found in `said`."""
    return (
        re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None if word.isascii() else word in text
    )


def _line(story: list[feeds.FeedEntry]) -> str:
    first = story[0]
    day = first.day.strftime("%Y-%m-%d %H:%M%z") if first.day else "no date"
    sources = "; ".join(f"{each.source} {each.link}" for each in story)
    return f"- {first.title} ({day})\n  {first.words}\n  sources: {sources}"


def _key(entry: feeds.FeedEntry) -> str:
    return hashlib.sha256((feeds.plain_address(entry.link) or entry.title).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
