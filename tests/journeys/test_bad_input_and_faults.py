"""What goes wrong outside ends in a sentence for the person, and in nothing lost and nothing done twice."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from channels.base import ChannelState, NexoraError
from channels.messages import Account
from gateway.run.assembly import assemble_gateway
from gateway.run.serve import PortTaken, serve
from governance.people.people import Role
from tests.journeys.life import Life, configuration, ended_life, living
from tests.journeys.town import TOKEN, Town, running, town, until
from tests.platforms.model import Call, FakeModel, Reply, calling
from tests.platforms.telegram import FakeTelegram


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def restarted(here: Town, dsn: str, stack: AsyncExitStack) -> Town:
    """The next life of the same gateway: same database, same home, same platforms."""
    gateway = await stack.enter_async_context(running(dsn, here.home, here.telegram, here.model))
    return Town(gateway=gateway, telegram=here.telegram, model=here.model, home=here.home, people=here.people)


async def test_a_press_after_a_restart_still_runs_the_call_once(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as first:
        await first.person("alice")
        await first.person("root", Role.ADMIN)
        first.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
        first.model.say("asked")
        first.say("alice", "compute")
        card = await first.hears("root", "wants to run shell")
        await first.hears("alice", "asked")
        async with AsyncExitStack() as stack:
            await ended_life()
            second = await restarted(first, dsn, stack)
            second.model.say("It printed 42.")
            second.press("root", card, "Approve")
            await second.hears("alice", "It printed 42.")

            assert (await second.tags()).count("agents:tool:ran") == 1


async def test_a_late_press_is_told_who_decided_and_when(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    await here.person("second", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked")
    here.model.say("done")
    here.say("alice", "do it")
    mine, theirs = await here.hears("root", "wants to run"), await here.hears("second", "wants to run")
    data = theirs.keyboard[0][0]["callback_data"]

    here.press("root", mine, "Approve")
    await here.hears("alice", "done")
    here.telegram.chats.press(here.people["second"], theirs.id, data, here.user("second"))
    await until(
        lambda: any("Already approved by root" in told["text"] for told in here.telegram.chats.answered.values())
    )

    assert await here.store.fetchval("select count(*) from nexora_decisions") == 1


async def test_an_expired_request_is_refused_and_says_so_everywhere(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked")
    here.model.say("Nobody answered in time.")
    here.say("alice", "do it")
    card = await here.hears("root", "wants to run")
    await here.hears("alice", "asked")

    await here.store.fetch("update nexora_approval_requests set expires_at = now() - interval '1 s'")
    await here.gateway.deciding.approvals.expire()
    await here.hears("alice", "Nobody answered in time.")
    await here.hears("root", "Expired")

    assert not here.telegram.chats.find(here.people["root"], card.id).keyboard
    assert await here.store.fetchval("select state from nexora_calls") == "lapsed"


async def test_a_stranger_s_press_decides_nothing(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.open_chat("mallory")
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked")
    here.say("alice", "do it")
    card = await here.hears("root", "wants to run")
    data = card.keyboard[0][0]["callback_data"]
    here.telegram.chats.press(here.people["root"], card.id, data, here.user("mallory"))
    await here.until_stored("select count(*) from nexora_audit_events where tag = 'approvals:press:refused'")

    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"


async def test_someone_who_lost_the_agent_after_asking_gets_no_result(here: Town) -> None:
    person = await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked")
    here.say("alice", "do it")
    card = await here.hears("root", "wants to run")
    await here.hears("alice", "asked")

    await here.gateway.deciding.agent_grants.revoke(person.id, "assistant", by=None)
    here.press("root", card, "Approve")
    await here.hears("root", "Approved")
    await here.until_stored("select count(*) from nexora_calls where state = 'refused'")

    assert "agents:tool:ran" not in await here.tags()
    assert await here.store.fetchval("select state from nexora_calls") == "refused"


@pytest.mark.parametrize("how", ["lost the agent", "shut out"])
async def test_a_right_that_was_taken_while_an_agent_is_at_work_ends_its_calls(here: Town, how: str) -> None:
    person = await here.person("alice")
    here.model.script(Reply(calls=calling("shell", command="echo hello").calls, silent_seconds=1.0))
    here.model.say("I may not go on.")
    here.say("alice", "go on")
    await until(lambda: bool(here.model.requests))

    if how == "shut out":
        await here.gateway.deciding.people.disable(person.id, by=None)
    else:
        await here.gateway.deciding.agent_grants.revoke(person.id, "assistant", by=None)
    await here.until_stored("select count(*) from nexora_turns where state = 'done'")

    assert "agents:tool:ran" not in await here.tags()
    assert "Refused: whoever asked" in (await here.results())[-1]


async def test_the_model_is_down_and_the_person_is_told_what_to_do(here: Town) -> None:
    await here.person("alice")
    here.model.fail(503, "overloaded", times=4)

    here.say("alice", "hello")
    await here.hears("alice", "cannot be reached right now")

    assert await here.store.fetchval("select state from nexora_turns") == "failed"
    assert "agents:turn:failed" in await here.tags()


async def test_a_cut_stream_keeps_what_was_said_and_says_that_it_broke_off(here: Town) -> None:
    await here.person("alice")
    here.model.cut("The first half")

    here.say("alice", "hello")
    message = await here.hears("alice", "broke off")

    assert "The first half" in message.text


SENSELESS = {
    "no such tool": (Call(name="no_such_tool", arguments="{}"), "There is no tool named no_such_tool"),
    "a dotted name": (Call(name="functions.deploy", arguments="{}"), "There is no tool named functions.deploy"),
    "a name with NUL": (Call(name="sh\0ll", arguments="{}"), "There is no tool named sh"),
    "broken": (Call(name="shell", arguments='{"command": "ls'), 'again, as {"command": "…"}. They were: {"com'),
    "merged": (Call(name="shell", arguments='{"command":"a"}{"command":"b"}'), "not a JSON object"),
    "deep": (Call(name="shell", arguments="[" * 100_000), "nested more than 64 deep"),
    "NUL in it": (Call(name="shell", arguments='{"command": "\\u0000"}'), "which is no text"),
    "half a character": (Call(name="shell", arguments='{"command": "\\ud83d"}'), "which is no text"),
    "an odd id": (Call(name="no_such_tool", arguments="{}", id="functions.no_such_tool:0"), "There is no tool"),
}


@pytest.mark.parametrize("kind", SENSELESS)
async def test_a_call_that_makes_no_sense_is_answered_to_the_model_and_the_conversation_goes_on(
    here: Town, kind: str
) -> None:
    call, told = SENSELESS[kind]
    await here.person("alice")
    here.model.script(Reply(calls=(call,)), Reply(text="Sorry, another way then."))

    here.say("alice", "do it")
    await here.hears("alice", "Sorry, another way then.")
    assert told in here.model.requests[-1]["messages"][-1]["content"]

    await goes_on(here, "alice")


async def goes_on(here: Town, name: str) -> None:
    """The next two messages are answered too, by a model that refuses what a strict one refuses."""
    for words in ("And then?", "And after that?"):
        here.model.say(f"Yes: {words}")
        here.say(name, words)
        await here.hears(name, f"Yes: {words}")

    assert here.model.refusals == []


NEARLY_RIGHT = {
    "another assistant's names": Reply(calls=(Call(name="Bash", arguments='{"cmd": "echo $((6*7))"}'),)),
    "Python's form": Reply(calls=(Call(name="shell", arguments="{'command': 'echo $((6*7))',}"),)),
    "said in words": Reply(text='{"name": "shell", "arguments": {"command": "echo $((6*7))"}}'),
    "said in tags": Reply(text='<tool_call>{"name": "bash", "arguments": {"command": "echo $((6*7))"}}</tool_call>'),
}


@pytest.mark.parametrize("kind", NEARLY_RIGHT)
async def test_a_call_that_is_nearly_right_runs_and_nobody_sees_how_it_was_written(here: Town, kind: str) -> None:
    await here.person("alice")
    here.model.script(NEARLY_RIGHT[kind], Reply(text="It is forty-two."))

    here.say("alice", "how many?")
    message = await here.hears("alice", "It is forty-two.")
    call, result = here.model.requests[-1]["messages"][-2:]

    assert "42" in result["content"]
    asked = call["tool_calls"][0]["function"]
    assert (asked["name"], json.loads(asked["arguments"])["command"]) == ("shell", "echo $((6*7))")
    assert "echo" not in message.text
    await goes_on(here, "alice")


async def test_calls_with_one_id_each_get_their_own_result(here: Town) -> None:
    await here.person("alice")
    calls = tuple(Call(name=f"no_{number}", arguments="{}", id="call_1") for number in range(2))
    for number in range(2):
        here.model.script(Reply(calls=calls[number:]), Reply(text=f"Done {number}."))
        here.say("alice", "do it")
        await here.hears("alice", f"Done {number}.")

    await goes_on(here, "alice")


async def test_a_message_of_ten_megabytes_is_kept_from_the_model_with_a_sentence(here: Town) -> None:
    await here.person("alice")

    here.say("alice", "x" * 10_000_000)
    await here.hears("alice", "Send it as a file instead", seconds=30)

    assert here.model.requests == []


async def test_text_that_is_no_text_is_answered_all_the_same(here: Town) -> None:
    await here.person("alice")
    here.model.say("I read it.")

    here.say("alice", "nul \x00 and a lone surrogate \ud83d")
    await here.hears("alice", "I read it.")


async def test_platform_trouble_delays_an_answer_and_loses_none(here: Town) -> None:
    await here.person("alice")
    here.telegram.fail(429, retry_after=1)
    here.telegram.fail(500, times=2)
    here.model.say("Here at last.")

    here.say("alice", "hello")
    await here.hears("alice", "Here at last.", seconds=20)

    assert sum("Here at last." in message.text for message in here.seen("alice")) == 1


async def test_the_database_goes_away_and_comes_back_and_every_message_is_answered(here: Town) -> None:
    await here.person("alice")

    for number in range(5):
        here.say("alice", f"message {number}")
        if number == 2:
            await here.store.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
    await here.hears("alice", "message 4", seconds=30)

    answers = [message.text for message in here.seen("alice")]
    assert [sum(f"message {number}" in text for text in answers) for number in range(5)] == [1] * 5

    await goes_on(here, "alice")


async def test_a_lane_that_is_full_is_answered_and_the_rest_is_worked_on(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", bus={"lane_cap": 3}) as here:
        await here.person("alice")
        here.model.hang()
        here.say("alice", "first")
        await until(lambda: bool(here.model.requests))
        for number in range(4):
            here.say("alice", f"more {number}")
        await here.hears("alice", "wait here already")

        await here.until_stored("select sum(times) = 2 from nexora_inbox where state = 'dead' and error = 'lane full'")


@pytest.mark.parametrize(
    ("token", "reason"), [("987654321:" + TOKEN[10:], "Unauthorized"), ("7:too-short", "Not Found")]
)
async def test_a_wrong_token_is_told_in_the_platform_s_words_and_the_rest_runs(
    dsn: str, tmp_path: Path, token: str, reason: str
) -> None:
    async with AsyncExitStack() as stack:
        telegram, model = FakeTelegram(TOKEN), await stack.enter_async_context(FakeModel())
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        options = {"token": token, "api_url": telegram.base}
        gateway = await stack.enter_async_context(
            living(dsn, tmp_path / "home", model, {"telegram": options}, settled=ChannelState.DOWN)
        )
        here = Life(gateway=gateway, model=model, home=tmp_path / "home")
        alice = await here.admit("alice", Role.OPERATOR, Account(channel="telegram", id="7"), ("assistant",))
        model.say("Still here.")
        async with here.browser(alice) as browser:
            answer = await browser("POST", "/console/chat", json={"text": "hello"})

        assert reason in gateway.channels["telegram"].health.reason
        assert "Still here." in answer.text


async def test_a_port_that_is_taken_is_said_before_anything_is_begun(dsn: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with FakeModel() as model:
            given = configuration(dsn, tmp_path / "home", model, {}, server={"port": port})
            with pytest.raises(PortTaken, match=rf"127\.0\.0\.1:{port} cannot be used: .* Set NEXORA_PORT"):
                await serve(given)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)

    assert not (tmp_path / "home").exists()


async def test_a_data_folder_that_cannot_be_written_is_named_whichever_database_is_used(
    dsn: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    async with FakeModel() as model, AsyncExitStack() as stack:
        given = configuration(dsn, tmp_path / "file" / "home", model, {})
        with pytest.raises(NexoraError, match=r"file/home cannot be .* NEXORA_HOME"):
            await assemble_gateway(given, stack)


async def test_bytes_that_are_no_text_are_refused_with_a_sentence_and_not_kept(here: Town) -> None:
    alice = await here.person("alice")
    headers = {"Content-Type": "application/json"}
    async with here.browser(alice) as browser:
        refused = await browser("POST", "/console/chat", data=b'{"text": "caf\xe9"}', headers=headers)

    assert refused.status == 422
    assert "invalid unicode" in refused.json["errors"][0]["message"]
    assert await here.store.fetchval("select count(*) from nexora_inbox") == 0


async def test_the_record_of_all_this_is_whole(here: Town) -> None:
    from governance.audit.verify import verify  # noqa: PLC0415  # only this story reads it

    await here.person("alice")
    here.model.say("hello")
    here.say("alice", "hi")
    await here.hears("alice", "hello")

    assert list(await verify(here.store, here.home)) == []
    rows = await here.store.fetch("select detail from nexora_audit_events")
    assert all(isinstance(json.loads(row["detail"]), dict) for row in rows)
