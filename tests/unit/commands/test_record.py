"""/usage, /audit, /channels, /dead and /retry: what happened, how things are, and another try."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import ChannelState, Deed, Health, Lack
from channels.codec import dump, load
from channels.messages import Address, File, Outbound, plain
from gateway.queue.jobs import Job
from gateway.queue.lanes import Lanes
from gateway.settings.model import ChannelSettings
from governance.people.people import Role
from governance.record.transaction import Transaction
from tests.unit.commands.room import Room, never, refused


async def used(room, person, agent: str, tokens: int) -> None:
    async with room.store.transaction() as work:
        await room.parts.usage.add(
            work,
            person_id=person.id,
            agent=agent,
            provider="p",
            model="m",
            input_tokens=tokens,
            output_tokens=0,
            channel="chat",
            conversation="chat:x:",
        )


async def test_usage_is_told_by_what_is_asked_for_and_for_one_s_own_alone(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    await used(room, bob, "ops", 777)
    room.stage.clock.move(days=10)
    await used(room, alice, "ops", 111)
    await used(room, bob, "writer", 222)
    room.stage.clock.move(seconds=1)

    by_agent = await room.type(alice, "/usage agent")
    by_person = await room.type(root, "/usage 30D person")

    assert by_agent.startswith("**Tokens by agent, last 7 days**\n")
    assert "111" in by_agent
    assert "writer" not in by_agent
    assert "999" in by_person
    assert "alice" in by_person
    assert "last 7 days" in await room.type(bob, "/usage")
    assert "777" not in await room.type(bob, "/usage agent")
    assert await room.type(await room.person("dora"), "/usage") == (
        "**Tokens by day, last 7 days**\nNo tokens were used in this time."
    )


async def test_audit_finds_lines_by_tag_by_person_and_by_number(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    await room.type(root, "/grant alice ops")
    room.stage.clock.move(minutes=1)
    await room.type(alice, "/people")
    room.stage.clock.move(minutes=1)
    await room.type(alice, "/language zh")
    await room.type(alice, "/language en")

    by_tag, by_name = await room.type(root, "/audit chat:agent_grant"), await room.type(root, "/audit @alice 20")
    newest = await room.type(root, "/audit 1")
    own = await room.type(alice, "/audit root")

    assert by_tag.count(" UTC") == 1
    assert "ops" in by_tag
    assert "✗" in by_name
    assert "ops" not in by_name
    assert newest.count(" UTC") == 1
    assert own == "The record has no line like that."
    assert "ops" not in await room.type(alice, "/audit")
    assert (await room.type(root, "/audit chat 3")).count(" UTC") == 3


async def test_audit_verify_tells_admins_how_much_there_is_and_whether_it_is_whole(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    asked = await room.type(alice, "/audit verify")
    lines = await room.store.fetchval("select count(*) from nexora_audit_events")

    told = await room.type(root, "/audit verify")

    assert asked.startswith("/audit verify is for admins.")
    assert f"ines: {lines}, writers: " in told
    assert "UTC to" in told
    assert (await room.type(root, "/audit 校验")).split(":")[0] == told.split(":")[0]


async def test_channels_tells_state_reason_and_backlog(room):
    root = await room.person("root", Role.ADMIN)
    supervisor = room.parts.channels["chat"]
    await dead_letter(room, "out")

    assert (await room.type(root, "/channels")).startswith("- … **chat** starting · in never · out never · waiting: 0")
    await supervisor._live_once(refused, never, None)
    supervisor.record.last_in = room.stage.clock()
    supervisor.record.reconnects = 2

    assert await room.type(root, "/channels") == (
        "- ✗ **chat** down · in 6 May 07:08 UTC · out never · waiting: 0, dead: 1, reconnects: 2\n  `invalid_auth`"
    )


async def test_channels_names_what_cannot_start_and_why(room):
    root = await room.person("root", Role.ADMIN)
    wrong = ChannelSettings(kind="telegram", options=None, problems=("channels.team.colour is not a setting",))
    room.parts = replace(room.parts, unstarted={"team": wrong})

    told = await room.type(root, "/channels")
    assert told.startswith(
        "- ✗ **`team`** cannot start: `channels.team.colour is not a setting`. Mend the settings and restart."
    )


@pytest.mark.parametrize(
    ("language", "line", "repair"),
    [
        ("en", "⚠️ **chat** up, cannot send files: `missing_scope files:write` · in", "Add the scope files:write."),
        ("zh", "⚠️ **chat** 正常，无法发送文件：`missing_scope files:write` · 收", "请添加权限 files:write。"),
    ],
)
async def test_channels_tells_what_cannot_be_done_though_a_channel_is_up_and_how_that_is_mended(
    room, language, line, repair
):
    root = await room.person("root", Role.ADMIN)
    supervisor = room.parts.channels["chat"]
    supervisor._health = Health(state=ChannelState.UP)
    mend = {"en": "Add the scope files:write.", "zh": "请添加权限 files:write。"}
    supervisor._lacks.refused(Deed.FILES, "x", Lack(word="missing_scope files:write", repair=mend))
    await room.type(root, f"/language {language}")
    told = await room.type(root, "/channels")

    assert line in told
    assert told.endswith(f"\n  {repair}")


async def dead_letter(room: Room, side: str, key: str = "k", error: str = "MessageRefused: `no` <!here>") -> str:
    """A dead letter; its name in /dead."""
    message = dump(Outbound(key=key, address=Address(channel="chat", room="x"), parts=plain("a secret")))
    table, column = ("nexora_outbox", "key") if side == "out" else ("nexora_inbox", "event_id")
    number = await room.store.fetchval(
        f"insert into {table} (channel, {column}, lane, body, state, tries, error, done_at)"
        " values ('chat', $1, 'chat:x:', $2, 'dead', 5, $3, now()) returning id",
        key,
        message,
        error,
    )
    return f"{side}-{number}"


async def test_dead_lists_the_latest_of_both_directions_without_their_words(room):
    root = await room.person("root", Role.ADMIN)
    assert await room.type(root, "/dead") == "No message is put aside."
    out, into = await dead_letter(room, "out"), await dead_letter(room, "in", error="LookupError: gone")

    said = await room.type(root, "/dead")

    assert f"- **{out}** · to be sent " in said
    assert "`MessageRefused: 'no' <!here>`" in said
    assert f"- **{into}** · received " in said
    assert "a secret" not in said
    for number in range(11):
        await dead_letter(room, "in", key=str(number))
    assert len((await room.type(root, "/dead")).splitlines()) == 11


async def test_retry_puts_a_message_back_to_be_sent_and_it_is_recorded(room):
    root = await room.person("root", Role.ADMIN)
    woken = []
    room.store.commits.heard_by(woken.append)
    out = await dead_letter(room, "out")

    said = await room.type(root, f"/retry {out.upper()}")
    row = await room.store.fetchrow("select state, tries, error, expires_at from nexora_outbox where key = 'k'")
    line = await room.stage.last_event("chat:dead_letter:retried")

    assert said == f"{out} is tried again."
    assert (row["state"], row["tries"], row["error"]) == ("ready", 0, "retried")
    assert [committed.outbox for committed in woken] == [{"chat:x:"}]
    assert (line["actor"], line["resource"]) == (str(root.id), out)
    assert "MessageRefused" in line["detail"]
    assert (await room.type(root, f"/retry {out}")).startswith(f"There is no {out} put aside")
    assert (await room.type(root, f"/retry out-{'9' * 18}")).startswith("There is no out-9")


async def test_a_retried_event_is_handled_once_more_in_its_lane(room):
    root = await room.person("root", Role.ADMIN)
    into = await dead_letter(room, "in")

    await room.type(root, f"/retry {into.replace('-', '')}")
    job = await next_job(room.parts.bus.lanes)

    assert (f"in-{job.id}", job.key, job.lane, job.tries, job.was_put_back) == (into, "k", "chat:x:", 1, True)


async def test_an_admin_gets_the_record_as_a_file_in_private_and_nobody_else_does(room):
    root, alice = await room.person("root", Role.ADMIN), await room.person("alice")

    assert "direct message" in await room.type(root, "/audit export", is_direct=False)
    assert (await room.type(alice, "/audit export")).startswith("/audit export is for admins.")
    room.stage.clock.move(minutes=1)
    said = await room.type(root, "/audit export jsonl 3d chat:")
    body = await room.store.fetchval("select body from nexora_outbox where key like 'export:%'")
    [file] = load(Outbound, body).parts
    assert isinstance(file, File)
    content = await asyncio.to_thread(Path(file.locator).read_bytes)

    assert file.name.endswith(".jsonl")
    assert hashlib.sha256(content).hexdigest() in said
    assert {json.loads(line)["tag"] for line in content.splitlines()} >= {"chat:account:linked", "chat:command:denied"}
    event = await room.stage.last_event("chat:audit:exported")
    assert (event["actor"], json.loads(event["detail"])["lines"]) == (str(root.id), len(content.splitlines()))


async def next_job(lanes: Lanes) -> Job:
    """The first event that a worker takes on."""
    taken: asyncio.Future[Job] = asyncio.get_running_loop().create_future()

    async def handle(job: Job) -> None:
        taken.set_result(job)

    async def never_dead(_: Transaction, job: Job, error: Exception) -> None:
        raise AssertionError(f"{job.key} was buried: {error}")

    worker = asyncio.create_task(lanes.run(handle, never_dead))
    try:
        return await asyncio.wait_for(taken, 10)
    finally:
        worker.cancel()
        await asyncio.wait([worker])
