"""Prints the entries of saved feeds, the newest first: feed.py FILE… [--days N] [--most N]; feed.py --find PAGE."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feeds


def main() -> None:
    """Print them, and say of each file that is no feed that it is none."""
    reader = argparse.ArgumentParser()
    reader.add_argument("sources", type=Path, nargs="*")
    reader.add_argument("--find", type=Path)
    reader.add_argument("--url", default="")
    reader.add_argument("--days", type=float, default=0)
    reader.add_argument("--most", type=int, default=20)
    given = reader.parse_args()
    if given.find:
        found = feeds.named(given.find, given.url)
        print("\n".join(f"{link}  {title}" for link, title in found) or "the page names no feed")
        return
    entries, failed = [], False
    for source in given.sources:
        try:
            entries += feeds.entries(source, given.url)
        except (OSError, ValueError) as problem:
            failed = True
            print(f"{source}: {problem}", file=sys.stderr)
    if given.days:
        since = datetime.now(UTC) - timedelta(days=given.days)
        entries = [each for each in entries if each.day is None or each.day >= since]
    oldest = datetime.min.replace(tzinfo=UTC)
    entries.sort(key=lambda each: each.day or oldest, reverse=True)
    for each in entries[: given.most]:
        day = each.day.strftime("%Y-%m-%d %H:%M%z") if each.day else "(no date)"
        print(f"{day} · {each.title} · {each.source}\n  {each.link}\n  {each.words}")
    print(f"({min(len(entries), given.most)} of {len(entries)} entries)")
    sys.exit(1 if failed and not entries else 0)


if __name__ == "__main__":
    main()
