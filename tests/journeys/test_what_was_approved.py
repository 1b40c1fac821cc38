"""What runs is what was approved: this call, these files, this network, now. Everything else is asked anew."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from channels.messages import Account
from gateway.database.pool import connect
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import People, Role
from governance.record.transaction import Store
from tests.journeys.town import TOKEN, Town, running, town
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def asked_to_run(here: Town, command: str = "python3 run.py /etc/passwd") -> Path:
    """Alice's agent has written run.py and asks to run a command; the workspace."""
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("write_file", path="run.py", content="print('what root has read')")
    here.model.call("shell", command=command)
    here.model.say("I have asked for approval.")
    here.say("alice", "run it")
    await here.hears("alice", "I have asked for approval.")
    (workspace,) = (here.home / "workspaces").glob("[!.]*")
    return workspace


def last_result(here: Town) -> str:
    """What the model was told of its last call."""
    results = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "tool"]
    return str(results[-1])


async def test_the_card_names_the_files_with_the_beginning_of_their_digests(here: Town) -> None:
    await asked_to_run(here)

    card = await here.hears("root", "wants to run shell")
    contents = await here.store.fetchval("select subject -> 'contents' ->> 'run.py' from nexora_approval_requests")
    assert f"Only with this content: run.py {contents[:12]}" in card.text.replace("*", "")


async def test_an_approved_script_that_has_not_changed_runs(here: Town) -> None:
    await asked_to_run(here)
    here.model.say("It ran.")

    here.press("root", await here.hears("root", "wants to run shell"), "Approve")
    await here.hears("alice", "It ran.")

    assert last_result(here) == "what root has read\nexit 0"


@pytest.mark.parametrize("how", ["written", "linked"])
async def test_a_script_swapped_while_its_approval_is_pending_does_not_run(here: Town, how: str) -> None:
    workspace = await asked_to_run(here)
    outside = here.home / "other.py"
    outside.write_text("print('what nobody has read')")
    if how == "linked":
        (workspace / "run.py").unlink()
        (workspace / "run.py").symlink_to(outside)
    else:
        (workspace / "run.py").write_bytes(outside.read_bytes())
    here.model.say("It changed.")

    here.press("root", await here.hears("root", "wants to run shell"), "Approve")
    await here.hears("alice", "It changed.")

    assert last_result(here).startswith("Refused: the file run.py changed after approval was asked for; make the call")
    told = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "user"]
    assert told[-1].endswith("was approved by root. It did not run:")
    assert await here.store.fetchval("select state from nexora_calls where tool = 'shell'") == "refused"
    assert (await here.tags())[-2:].count("guard:call:refused") == 1


async def test_a_script_swapped_between_decision_and_launch_does_not_run(here: Town) -> None:
    """A long turn of the same conversation keeps the approved call waiting, and changes the script meanwhile."""
    workspace = await asked_to_run(here)
    here.model.script(Reply(text="working", hangs=True))
    here.say("alice", "do something long")
    await here.telegram.until(lambda: len(here.model.requests) == 4)
    here.press("root", await here.hears("root", "wants to run shell"), "Approve")
    await here.until_stored("select count(*) from nexora_calls where state = 'approved'")
    (workspace / "run.py").write_text("print('what nobody has read')")
    here.model.say("It changed.")

    here.say("alice", "/stop")
    await here.hears("alice", "It changed.")

    assert "the file run.py changed after approval was asked for" in last_result(here)


@pytest.mark.parametrize(
    "also",
    [
        "",
        "update nexora_calls c set digest = o.digest from nexora_calls o where c.state = 'pending' and o.id = $1",
        "update nexora_approval_requests r set digest = o.digest from nexora_calls o where o.id = $1",
    ],
    ids=["alone", "with the digest of the call", "with the digest of the question"],
)
async def test_a_call_whose_arguments_were_exchanged_after_the_question_does_not_run(here: Town, also: str) -> None:
    """Somebody has put the arguments of another call, which root denied, into the row of the one that root approves."""
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="cat ~/.aws/config; touch planted")
    here.model.say("I have asked.")
    here.say("alice", "run the one")
    here.model.say("It was denied.")
    here.press("root", await here.hears("root", "cat ~/.aws/config"), "Deny")
    await here.hears("alice", "It was denied.")
    here.model.call("shell", command="cat ~/.ssh/config")
    here.model.say("I have asked again.")
    here.say("alice", "run the other")
    card = await here.hears("root", "cat ~/.ssh/config")
    await here.hears("alice", "I have asked again.")
    denied = await here.store.fetchval("select id from nexora_calls where state = 'refused'")
    swap = (
        "update nexora_calls c set arguments = o.arguments from nexora_calls o where c.state = 'pending' and o.id = $1"
    )
    for statement in (also, swap):
        if statement:
            await here.store.fetch(statement, denied)
    here.model.say("It was exchanged.")

    here.press("root", card, "Approve")
    await here.hears("alice", "It was exchanged.")

    assert last_result(here).startswith("Refused: what would run is not what was approved")
    assert not list((here.home / "workspaces").glob("*/planted"))
    assert await here.store.fetchval("select count(*) from nexora_calls where state = 'refused'") == 2


async def test_the_same_call_with_another_content_is_asked_anew_also_under_a_grant(here: Town) -> None:
    await asked_to_run(here)
    here.model.say("It ran.")
    here.press("root", await here.hears("root", "wants to run shell"), "For this conversation")
    await here.hears("alice", "It ran.")
    here.model.call("shell", command="python3 run.py /etc/passwd")
    here.model.say("It ran again.")
    here.say("alice", "again")
    await here.hears("alice", "It ran again.")

    here.model.call("write_file", path="run.py", content="print('what nobody has read')")
    here.model.call("shell", command="python3 run.py /etc/passwd")
    here.model.say("I have to ask again.")
    here.say("alice", "with another content")
    await here.hears("alice", "I have to ask again.")

    assert await here.store.fetchval("select count(*) from nexora_approval_requests") == 2
    assert await here.store.fetchval("select count(*) from nexora_calls where tool = 'shell' and state = 'done'") == 2


async def approved_meanwhile(dsn: str, then: str) -> None:
    """What a gateway leaves that goes down right after the decision; `then` is what became of the calls."""
    pool = await connect(dsn, most=2)
    try:
        store = Store(pool)
        root = await People(store).by_name("root")
        assert root is not None
        code = await store.fetchval("select code from nexora_approval_requests")
        account = Account(channel="console", id=str(root.id))
        outcome = await Approvals(store, ToolGrants(store), [TOOL_CALL]).decide(root, account, code=code, choice="a")
        assert outcome.sentence == "Approved."
        await pool.execute(f"update nexora_calls set {then} where state = 'approved'")
    finally:
        await pool.close()


async def test_an_approved_call_that_could_not_begin_in_time_never_runs(dsn: str, tmp_path: Path) -> None:
    telegram, model, home = FakeTelegram(TOKEN), FakeModel(), tmp_path / "home"
    model.when("Give a title", Reply(text="A title"))
    async with AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        await stack.enter_async_context(model)
        async with running(dsn, home, telegram, model) as gateway:
            here = Town(gateway=gateway, telegram=telegram, model=model, home=home)
            await asked_to_run(here)
            card = await here.hears("root", "wants to run shell")
        await approved_meanwhile(dsn, "changed_at = changed_at - interval '1 hour'")
        model.say("Shall I ask again?")
        async with running(dsn, home, telegram, model) as gateway:
            here = Town(gateway=gateway, telegram=telegram, model=model, home=home, people=here.people)
            await here.hears("alice", "was approved, but could not run within 15 min")
            await here.hears("alice", "Shall I ask again?")
            await here.hears("root", "Approved, but not run in time: shell")
            code = await here.store.fetchval("select code from nexora_approval_requests")
            here.say("root", f"/approve {code}")
            await here.hears("root", "could not run in time, so the approval ran out")

            assert await here.store.fetchval("select state from nexora_calls where tool = 'shell'") == "lapsed"
            assert await here.store.fetchval("select status from nexora_approval_requests") == "expired"
            assert (await here.tags()).count("approvals:request:lapsed") == 1
            assert (await here.tags()).count("agents:tool:ran") == 1, "only the writing of the file"
            assert not telegram.chats.find(here.people["root"], card.id).keyboard
            assert "approval ran out" in model.requests[-1]["messages"][-1]["content"]


async def test_a_call_during_which_the_gateway_died_is_not_repeated_and_its_outcome_is_unknown(
    dsn: str, tmp_path: Path
) -> None:
    telegram, model, home = FakeTelegram(TOKEN), FakeModel(), tmp_path / "home"
    model.when("Give a title", Reply(text="A title"))
    async with AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        await stack.enter_async_context(model)
        async with running(dsn, home, telegram, model) as gateway:
            here = Town(gateway=gateway, telegram=telegram, model=model, home=home)
            workspace = await asked_to_run(here, "touch ran; python3 run.py /etc/passwd")
            await here.hears("root", "wants to run shell")
        await approved_meanwhile(dsn, "state = 'running'")
        model.say("Nobody knows what became of it.")
        async with running(dsn, home, telegram, model) as gateway:
            here = Town(gateway=gateway, telegram=telegram, model=model, home=home, people=here.people)
            await here.hears("alice", "Nobody knows what became of it.")

            assert last_result(here).startswith("The program ended while this call was running")
            assert (await here.tags()).count("agents:tool:outcome_unknown") == 1
            assert await here.store.fetchval("select state from nexora_calls where tool = 'shell'") == "unknown"
            assert not (workspace / "ran").exists()
