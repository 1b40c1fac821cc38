"""Two gateways on one database: a person says stop to one of them, and the answer that the other makes ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from channels.base import ChannelState
from channels.codec import dump
from channels.messages import Account, Address, Inbound, Text
from gateway.run.assembly import Gateway
from gateway.web.console.conversations import ConversationLists, account_of
from governance.people.people import Role
from tests.journeys.life import neighbour_of
from tests.journeys.town import Town, running, town, until

ENDED = "select true from nexora_turns where state = 'stopped'"


@dataclass
class Twins:
    """The same product twice. The first one listens; what the other hears comes to it as from a listener of its own."""

    here: Town
    other: Gateway

    async def say_there(self, name: str, text: str) -> None:
        room = str(self.here.people[name])
        sender = Account(channel="telegram", id=room, name=name)
        address = Address(channel="telegram", room=room)
        now = self.here.store.now()
        said = Inbound(event_id=f"there {now}", at=now, address=address, sender=sender, parts=(Text(text=text),))
        await self.other.router.receive(said)

    def read(self, name: str) -> list[str]:
        """What somebody reads, whichever gateway sent it."""
        return [message.text for message in self.here.seen(name)]


@pytest_asyncio.fixture(loop_scope="session")
async def twins(dsn: str, tmp_path: Path) -> AsyncIterator[Twins]:
    async with (
        town(dsn, tmp_path / "home") as here,
        running(
            dsn,
            neighbour_of(here.home),
            here.telegram,
            here.model,
            settled=ChannelState.ELSEWHERE,
            shared_folder=here.home,
        ) as other,
    ):
        yield Twins(here=here, other=other)


async def test_a_stop_in_chat_reaches_the_turn_at_another_gateway(twins: Twins) -> None:
    await twins.here.person("alice")
    twins.here.model.hang("Once upon a time")
    twins.here.say("alice", "tell me a long story")
    await until(lambda: bool(twins.here.model.requests))
    await twins.say_there("alice", "/stop")
    await twins.here.until_stored(ENDED)
    await until(lambda: {"Once upon a time\n\n❖ Stopped.", "❖ I stopped."} <= set(twins.read("alice")))

    assert twins.here.model.dropped.is_set()


async def test_a_stop_where_nothing_is_answered_says_so(twins: Twins) -> None:
    await twins.here.person("alice")
    await twins.say_there("alice", "/stop")
    await until(lambda: twins.read("alice") == ["❖ Nothing is being answered here right now."])


async def test_a_stop_in_the_console_reaches_the_turn_at_another_gateway(twins: Twins) -> None:
    alice = await twins.here.person("alice")
    conversation = await ConversationLists(twins.here.store).open(alice, "", "assistant")
    assert conversation is not None

    def said(event: str, text: str) -> Inbound:
        return Inbound(
            event_id=f"{conversation.room}:{event}",
            at=twins.here.store.now(),
            address=conversation.address,
            sender=account_of(alice),
            parts=(Text(text=text),),
        )

    twins.here.model.hang("Once upon a time")
    await twins.here.gateway.board.say(said("words-01", "tell me a long story"))
    await until(lambda: bool(twins.here.model.requests))
    await twins.other.board.pass_on(said("stop-001", "/stop"))
    await twins.here.until_stored(ENDED)

    await twins.here.until_stored("select true from nexora_outbox where body like '%Stopped.%' and state = 'done'")
    history = await twins.other.board.history(conversation.room)
    assert "Once upon a time\n\n❖ Stopped." in [kept.item["text"] for kept in history]


async def test_a_command_that_was_approved_can_be_stopped_too(twins: Twins) -> None:
    here = twins.here
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'import time; time.sleep(60)' /etc/passwd")
    here.model.say("I have asked for approval.")
    here.say("alice", "take your time")
    await until(lambda: "I have asked for approval." in twins.read("alice"))
    code = await here.store.fetchval("select code from nexora_approval_requests")
    here.say("root", f"/approve {code}")
    await here.until_stored("select true from nexora_calls where state = 'running'")
    await twins.say_there("alice", "/stop")
    await here.until_stored(ENDED)

    call = await here.store.fetchrow("select state, result from nexora_calls")
    assert tuple(call) == ("failed", "The person said stop while this call ran.")


async def test_a_stop_of_an_answer_whose_gateway_has_died_holds_for_whoever_makes_it_again(
    dsn: str, tmp_path: Path
) -> None:
    async with town(dsn, tmp_path / "home", bus={"lease_seconds": 1}) as here:
        await here.person("alice")
        room = str(here.people["alice"])
        said = Inbound(
            event_id="orphan",
            at=here.store.now(),
            address=Address(channel="telegram", room=room),
            sender=Account(channel="telegram", id=room, name="alice"),
            parts=(Text(text="tell me a long story"),),
        )
        await here.store.fetch(
            "insert into nexora_inbox (channel, event_id, lane, body, state, owner, lease_until, tries)"
            " values ('telegram', 'orphan', $1, $2, 'running', 'one that died', now() + interval '2 s', 1)",
            said.address.key,
            dump(said),
        )
        here.say("alice", "/stop")
        await here.hears("alice", "I stopped.")
        await here.until_stored(ENDED)
        await here.hears("alice", "Stopped.")
        here.model.say("A new one.")
        here.say("alice", "another")
        await here.hears("alice", "A new one.")

        assert [request["messages"][-1]["content"] for request in here.model.requests] == ["another"]


async def test_a_stop_means_what_was_said_before_it_and_not_what_follows(twins: Twins) -> None:
    here = twins.here
    await here.person("alice")
    here.model.hang("Once upon a time")
    here.say("alice", "tell me a long story")
    await until(lambda: bool(here.model.requests))
    running = await here.store.fetchrow("select id, lane from nexora_inbox where state = 'running'")
    turns, key = here.gateway.cancellation._running, running["lane"]

    assert not turns.stop(key, before=running["id"])
    assert not turns.stop(key, only=running["id"] + 1)
    assert not here.model.dropped.is_set()
    here.say("alice", "/stop")
    here.model.say("A short one.")
    here.say("alice", "then a short story")
    await until(lambda: {"Once upon a time\n\n❖ Stopped.", "A short one."} <= set(twins.read("alice")))
