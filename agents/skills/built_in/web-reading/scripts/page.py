"""Prints the article of a saved page as Markdown: page.py FILE [--url ADDRESS] [--links]."""

import argparse
import sys
from pathlib import Path

import trafilatura
from trafilatura.metadata import extract_metadata


def main() -> None:
    """Print it, or say that there is none."""
    reader = argparse.ArgumentParser()
    reader.add_argument("source", type=Path)
    reader.add_argument("--url", default=None)
    reader.add_argument("--links", action="store_true")
    given = reader.parse_args()
    content = given.source.read_bytes()
    text = trafilatura.extract(
        content,
        url=given.url,
        output_format="markdown",
        include_tables=True,
        include_links=given.links,
        include_comments=False,
        deduplicate=False,  # with it the fourth reading of a page in one process finds nothing
    )
    if not text:
        sys.exit(f"{given.source} holds no article; read it as fetch_url shows it")
    about = extract_metadata(content, default_url=given.url)
    facts = " · ".join(each for each in (about.author, about.date, about.url) if each)
    title = f"# {about.title}" if about.title and not text.startswith(f"# {about.title}") else ""
    print("\n\n".join(each for each in (title, facts, text) if each))


if __name__ == "__main__":
    main()
