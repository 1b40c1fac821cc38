"""Listing real folders: each of a few files, and counts of many; what is left out is said."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from agents.toolbox import listing
from tests.unit.search_place import Place, place

__all__ = ["place"]


async def test_a_few_files_are_listed_with_sizes_and_links_with_where_they_lead(place: Place) -> None:
    place.write("notes/a.txt", "x" * 14)
    place.write("b.bin", b"\0" * 210_000)
    place.write("node_modules/x.js", "x")
    (place.workspace / "link").symlink_to("../outside")
    (place.workspace / "empty").mkdir()

    assert await place.list() == [
        *("b.bin · 210 kB", "link -> ../outside", "notes/a.txt · 14 B"),
        "3 files, 210 kB; not entered: node_modules/; empty: empty/",
    ]
    assert (await place.list(path="node_modules"))[0] == "node_modules/x.js · 1 B"


async def test_many_files_are_counted_folder_by_folder_with_a_way_on(place: Place) -> None:
    for number in range(600):
        place.write(f"src/{number % 3}/{number}.txt", "1234567890")
    place.write("README.md", "x")

    assert await place.list() == [
        *("src/ · 600 files, 6.0 kB", "README.md · 1 B"),
        "601 files, 6.0 kB; give a folder as path, or a glob, to see its files",
    ]
    assert (await place.list(path="src"))[:2] == ["src/0/ · 200 files, 2.0 kB", "src/1/ · 200 files, 2.0 kB"]
    assert len(await place.list(path="src/0")) == 201
    assert (await place.list(glob="59?.txt"))[0] == "src/0/591.txt · 10 B"


async def test_an_empty_place_and_a_glob_that_fits_nothing_are_said(place: Place) -> None:
    assert await place.list() == ["0 files, 0 B; empty: ."]
    place.write("a.txt", "x")

    assert await place.list(glob="*.py") == ["0 files, 0 B; of 1 file there none fits the glob *.py"]


async def test_a_listing_that_is_cancelled_ends_its_thread(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    real = listing.walk

    def endless(*arguments: Any, is_stopped: Any, **named: Any) -> Iterator[Any]:
        loop.call_soon_threadsafe(begun.set)
        while not is_stopped():
            time.sleep(0.01)
        yield from real(*arguments, is_stopped=is_stopped, **named)
        loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(listing, "walk", endless)
    task = asyncio.create_task(place.list())
    await begun.wait()

    task.cancel()

    await asyncio.wait_for(ended.wait(), 60)
