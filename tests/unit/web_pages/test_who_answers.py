"""Who speaks in a conversation of the console: the agent that answered by its name, and the gateway by its own."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from channels.console import outgoing
from channels.messages import Address, Outbound, notice, plain
from gateway.web.console.board import KeptMessage
from gateway.web.console.drawing import Drawing
from governance.people.people import Person, Role

NOW = datetime(2030, 5, 6, 7, 8, tzinfo=UTC)
ROOM = Address(channel="console", room="0" * 32)


@pytest.mark.parametrize(
    ("message", "speaker"),
    [
        (Outbound(key="1", address=ROOM, parts=plain("It is done."), agent="ops"), "ops"),
        (Outbound(key="2", address=ROOM, parts=notice("You have no agent.")), "Nexora"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_whoever_speaks_is_named_above_what_they_say(message: Outbound, speaker: str, language: str) -> None:
    alice = Person(id=UUID(int=1), name="alice", role=Role.OPERATOR, language=language)
    kept = KeptMessage(id=1, at=NOW, item=outgoing(message, "1"), files=())

    drawn = Drawing(alice, ROOM.room, lambda: NOW).kept(kept)

    assert f"<header>{speaker} <time" in drawn
