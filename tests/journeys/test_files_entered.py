"""How many of our files one message and one approving press enter: what somebody has to read to follow them."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town

ROOT = Path(__file__).parents[2]
FLOORS = ("gateway", "agents", "governance", "channels")
FOR_A_MESSAGE, FOR_A_PRESS = (124, 30), (214, 45)
"""So many files, in so many folders, at most: a change that passes more asks whether it has to."""


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


@contextmanager
def entered() -> Iterator[set[str]]:
    """The files of ours in which a function begins meanwhile, on this thread."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
        ours = tuple(f"{ROOT / floor}/" for floor in FLOORS)
        files.intersection_update([one for one in files if one.startswith(ours)])


def within(files: set[str], most: tuple[int, int]) -> bool:
    return len(files) <= most[0] and len({Path(file).parent for file in files}) <= most[1]


async def test_a_message_passes_few_files(here: Town) -> None:
    await here.person("alice")
    here.model.say("Warm.")
    here.model.say("Done.")
    here.say("alice", "first")
    await here.hears("alice", "Warm.")

    with entered() as files:
        here.say("alice", "second")
        await here.hears("alice", "Done.")

    assert within(files, FOR_A_MESSAGE), (len(files), len({Path(file).parent for file in files}), sorted(files))


async def test_an_approving_press_passes_few_files(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    for word in ("one", "two"):
        here.model.call("shell", command=f"python3 -c 'print(\"{word}\")' /etc/passwd")
        here.model.say(f"I have asked about {word}.")
        here.model.say(f"It printed {word}.")
        here.say("alice", f"print {word}")
        await here.hears("alice", f"I have asked about {word}.")
        card = await here.hears("root", word)
        with entered() as files:
            here.press("root", card, "Approve")
            await here.hears("alice", f"It printed {word}.")

    assert within(files, FOR_A_PRESS), (len(files), len({Path(file).parent for file in files}), sorted(files))
