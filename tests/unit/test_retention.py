"""What age removes from a data folder, and what stays whatever its age."""

import json
import os
import re
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agents.layers import About, Layers
from agents.sandbox import Sandbox, SandboxLevel
from agents.workspaces import workspace_name
from gateway.settings.model import CleanupSettings
from gateway.upkeep.leftovers import old_folders, remove_folders, remove_old_files
from gateway.upkeep.retention import Retention
from governance.record.transaction import DatabaseAway, Store

pytestmark = pytest.mark.server
DAY = 86_400.0
NEVER = CleanupSettings(uploads_days=0, received_days=0, copies_days=0, workspaces_days=0, scratch_days=0, undo_days=0)


def aged(path: Path, days: float) -> Path:
    at = time.time() - days * DAY
    os.utime(path, (at, at), follow_symlinks=False)
    return path


def folder(place: Path, name: str, days: float) -> Path:
    made = place / name
    made.mkdir(parents=True)
    (made / "bytes").write_bytes(b"content")
    aged(made / "bytes", days)
    return aged(made, days)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def cleaning(store: Store, home: Path, settings: CleanupSettings | None = None) -> Retention:
    layers = Layers(home / "layers", Sandbox(level=SandboxLevel.NONE), now=store.now)
    return Retention(store, home, settings or CleanupSettings(), layers, scratch=home.parent / "tmp")


async def removed(store: Store, home: Path, settings: CleanupSettings | None = None) -> dict[str, int]:
    counts = await cleaning(store, home, settings).clean()
    return {kind: count for kind, count in counts.items() if count}


async def test_an_upload_goes_when_it_was_never_sent_and_stays_when_a_page_shows_it(store: Store, home: Path) -> None:
    place = home / "uploads" / str(uuid4())
    shown, heard, lost, fresh = (folder(place, uuid4().hex, days) for days in (3, 3, 3, 1))
    await store.fetch(
        "insert into nexora_console_messages (room, key, body) values ('r', 'k', $1)",
        json.dumps({"files": [{"locator": str(shown / "bytes")}]}),
    )
    await store.fetch(
        "insert into nexora_inbox (channel, event_id, lane, body) values ('console', 'e', 'console:r', $1)",
        json.dumps({"parts": [{"locator": str(heard / "bytes")}]}),
    )

    assert await removed(store, home) == {"uploads": 1}
    assert (shown.exists(), heard.exists(), lost.exists(), fresh.exists()) == (True, True, False, True)


async def test_a_copy_goes_once_its_message_is_sent_and_not_before(store: Store, home: Path) -> None:
    names = {state: (letter * 64) for state, letter in (("ready", "a"), ("running", "b"), ("dead", "c"), ("done", "d"))}
    for state, name in names.items():
        body = json.dumps({"locator": str(folder(home / "outgoing", name, 8) / "bytes")})
        await store.fetch(
            "insert into nexora_outbox (key, channel, lane, body, state) values ($1, 'chat', $1, $2, $1)", state, body
        )
    folder(home / "outgoing", "e" * 64, 6)

    assert await removed(store, home) == {"copies": 1}
    assert sorted(path.name[0] for path in (home / "outgoing").iterdir()) == ["a", "b", "c", "e"]


async def pending_call(store: Store, conversation: str) -> None:
    person = uuid4()
    await store.fetch("insert into nexora_users (id, name, role) values ($1, $2, 'operator')", person, f"p-{person}")
    await store.fetch(
        "insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state,"
        " created_at, changed_at) values ($1, $2, $1, $3, 'a', 'shell', '{}', 'd', 'pending', now(), now())",
        uuid4(),
        conversation,
        person,
    )


async def test_received_files_go_by_age_but_not_while_something_is_pending(store: Store, home: Path) -> None:
    idle, waiting = (folder(home / "workspaces", workspace_name(key), 40) for key in ("chat:idle", "chat:waiting"))
    for workspace in (idle, waiting):
        (workspace / "received").mkdir()
        for name, days in (("old.pdf", 31), ("new.pdf", 29)):
            (workspace / "received" / name).write_text("x", encoding="utf-8")
            aged(workspace / "received" / name, days)
        (workspace / "own.txt").write_text("the agent's", encoding="utf-8")
        aged(workspace / "own.txt", 100)
    await pending_call(store, "chat:waiting")

    assert await removed(store, home) == {"received": 1}
    assert [path.name for path in (idle / "received").iterdir()] == ["new.pdf"]
    assert sorted(path.name for path in (waiting / "received").iterdir()) == ["new.pdf", "old.pdf"]
    assert (idle / "own.txt").exists()


async def test_a_workspace_goes_when_nobody_has_spoken_there_for_long(store: Store, home: Path) -> None:
    names = ("silent", "spoken", "waiting", "heard", "unknown", "young")
    places = {
        name: folder(home / "workspaces", workspace_name(f"chat:{name}"), 10 if name == "young" else 200)
        for name in names
    }
    other = folder(home / "workspaces", "not-one-of-ours", 200)
    for name, days in (("silent", 181), ("spoken", 179), ("waiting", 181)):
        await store.fetch(
            "insert into nexora_conversations (key, channel, room, updated_at)"
            " values ($1, 'chat', $2, now() - make_interval(days => $3))",
            f"chat:{name}",
            name,
            days,
        )
    await pending_call(store, "chat:waiting")
    await store.fetch(
        "insert into nexora_inbox (channel, event_id, lane, body) values ('chat', 'e', 'chat:heard', '{}')"
    )

    assert await removed(store, home) == {"workspaces": 2}
    assert [name for name in names if places[name].exists()] == ["spoken", "waiting", "heard", "young"]
    assert other.exists()


async def test_what_a_killed_gateway_left_goes_and_the_rest_of_the_folder_stays(store: Store, home: Path) -> None:
    place = home.parent / "tmp"
    left, running = folder(place, "nexora-run-abc", 8), folder(place, "nexora-run-def", 6)
    foreign = folder(place, "somebody-else", 20)

    assert await removed(store, home) == {"scratch": 1}
    assert (left.exists(), running.exists(), foreign.exists()) == (False, True, True)


async def test_the_tmp_of_a_conversation_that_runs_nothing_goes(store: Store, home: Path) -> None:
    place = home / "scratch"
    idle, busy = (folder(place, workspace_name(f"chat:{days}"), days) for days in (8, 6))

    assert await removed(store, home) == {"scratch": 1}
    assert (idle.exists(), busy.exists()) == (False, True)


async def test_links_lead_nowhere(store: Store, home: Path) -> None:
    outside = folder(home.parent, "outside", 400)
    workspaces = home / "workspaces"
    real = folder(workspaces, workspace_name("chat:1"), 1)
    (real / "received").symlink_to(outside)
    aged(real / "received", 400)
    (workspaces / workspace_name("chat:2")).symlink_to(outside)
    aged(workspaces / workspace_name("chat:2"), 400)
    (home / "outgoing").symlink_to(home.parent)
    gone = folder(workspaces, workspace_name("chat:3"), 300)
    (gone / "link").symlink_to(outside)
    aged(gone, 300)

    assert await removed(store, home) == {"workspaces": 1}
    assert not gone.exists()
    assert (outside / "bytes").read_bytes() == b"content"


async def test_zero_days_keep_everything(store: Store, home: Path) -> None:
    kept = [
        folder(home / "uploads" / "agents", uuid4().hex, 9_000),
        folder(home / "outgoing", "a" * 64, 9_000),
        folder(home / "workspaces", workspace_name("chat:1"), 9_000),
        folder(home.parent / "tmp", "nexora-run-abc", 9_000),
    ]

    assert await removed(store, home, NEVER) == {}
    assert all(path.exists() for path in kept)


async def test_the_record_counts_what_went_and_is_silent_when_nothing_did(store: Store, home: Path) -> None:
    query = "select detail from nexora_audit_events where tag = 'gateway:files:removed'"
    await cleaning(store, home).clean()
    assert await store.fetch(query) == []

    folder(home / "outgoing", "a" * 64, 8)
    folder(home / "outgoing", "b" * 64, 8)
    await cleaning(store, home).clean()

    (row,) = await store.fetch(query)
    nothing = dict.fromkeys(("parked", "received", "scratch", "undo", "uploads", "workspaces"), 0)
    assert json.loads(row["detail"]) == {"copies": 2, **nothing}


async def test_nothing_goes_while_the_database_cannot_be_asked(store: Store, home: Path) -> None:
    copy = folder(home / "outgoing", "a" * 64, 8)
    await store.pool.close()

    with pytest.raises(DatabaseAway):
        await cleaning(store, home).clean()
    assert copy.exists()


def test_a_folder_that_is_not_there_holds_nothing_old(tmp_path: Path) -> None:
    assert old_folders(tmp_path / "no", float("inf"), re.compile(".*")) == []
    assert remove_folders(tmp_path / "no", ["a"]) == 0
    assert remove_old_files(tmp_path / "no", "received", float("inf")) == 0


async def test_what_was_kept_for_undoing_goes_by_age_and_with_its_workspace(store: Store, home: Path):
    layers = Layers(home / "layers", Sandbox(level=SandboxLevel.NONE), now=store.now)
    kept, gone = layers.workspace("a" * 24), layers.workspace("b" * 24)
    for each in (kept, gone):
        each.mkdir(parents=True)
        await layers.replace(each, "f", b"x", uuid4(), About())
    gone.joinpath("f").unlink()
    gone.rmdir()

    assert await removed(store, home, CleanupSettings()) == {"undo": 1}
    assert not layers.history_of(gone).exists()
    assert len(await layers.history(kept)) == 1
    assert await removed(store, home, CleanupSettings(undo_days=1e-9)) == {"undo": 1}
    assert len(await layers.history(kept)) == 0


async def test_the_secrets_of_a_conversation_go_when_nobody_has_spoken_there_for_long(store: Store, home: Path) -> None:
    await store.fetch(
        "insert into nexora_hidden (conversation, reference, nonce, wrapped, master, created_at)"
        " select 'chat:' || days, '3fa2', '', '', 'm', now() - make_interval(days => days)"
        " from unnest(array[10, 200]) as days"
    )
    await removed(store, home, NEVER)
    kept = "select conversation from nexora_hidden order by 1"
    before = [row["conversation"] for row in await store.fetch(kept)]
    await removed(store, home)

    assert before == ["chat:10", "chat:200"]
    assert [row["conversation"] for row in await store.fetch(kept)] == ["chat:10"]


async def test_a_trial_goes_once_nobody_can_approve_it_and_it_is_old(store: Store, home: Path) -> None:
    """One whose request ended, one that no row names, and a fresh one, whose row may not be written yet."""
    place = home / "workspaces" / workspace_name("chat:1")
    place.mkdir(parents=True)
    calls = {name: uuid4() for name in ("pending", "approved", "refused", "nobody", "fresh")}
    for name, call in calls.items():
        at = store.now() - timedelta(days=0 if name == "fresh" else 9)
        layers = Layers(home / "layers", Sandbox(level=SandboxLevel.NONE), now=lambda at=at: at)
        await (await layers.open(place, call)).park()
    await add_calls(store, {name: calls[name] for name in ("pending", "approved", "refused")})

    assert await removed(store, home) == {"parked": 2}
    left = {name for name, call in calls.items() if await layers.pending(place, call)}
    assert left == {"pending", "approved", "fresh"}


async def add_calls(store: Store, calls: dict[str, UUID]) -> None:
    """Calls in these states."""
    person = uuid4()
    await store.fetch("insert into nexora_users (id, name, role) values ($1, $2, 'operator')", person, f"p-{person}")
    for state, call in calls.items():
        await store.fetch(
            "insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state,"
            " created_at, changed_at) values ($1, 'chat:1', $2, $2, 'a', 'shell', '{}', 'd', $3, now(), now())",
            call,
            person,
            state,
        )
