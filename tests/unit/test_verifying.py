"""The record is verified in a process of its own, once at a time, and the gateway goes on meanwhile."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from gateway.upkeep.verifying import NotVerified, Verifier
from governance.record.audit import Event
from governance.record.transaction import Store
from tests.unit.audit_scene import checkpoints_of


async def test_what_the_other_process_found_is_what_there_is(store: Store, dsn: str, tmp_path: Path) -> None:
    await store.record(*(Event(tag="chat:line:written", resource=str(number)) for number in range(40)))
    await (await checkpoints_of(store, tmp_path)).write()
    verifier = Verifier(dsn, tmp_path)
    whole = await verifier.examine()

    assert (whole.is_whole, whole.lines, whole.writers, whole.checkpoints) == (True, 40, 1, 1)
    await store.fetch("alter table nexora_audit_events disable trigger nexora_audit_events_fixed")
    await store.fetch("update nexora_audit_events set resource = 'another' where resource = '7'")
    broken = await verifier.examine()
    assert not broken.is_whole
    assert "was changed: its digest does not fit" in str(broken.findings[0])


async def test_two_who_ask_at_once_wait_for_the_same_look(
    store: Store, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.record(Event(tag="chat:line:written"))
    started = []
    start = asyncio.create_subprocess_exec

    async def counted(*words: str, **rest: object) -> asyncio.subprocess.Process:
        started.append(words)
        return await start(*words, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)
    verifier = Verifier(dsn, tmp_path)
    first, second = await asyncio.gather(verifier.examine(), verifier.examine())

    assert first == second
    assert len(started) == 1
    assert dsn not in " ".join(started[0])


async def test_while_it_looks_the_loop_is_free(store: Store, dsn: str, tmp_path: Path) -> None:
    await store.record(*(Event(tag="chat:line:written", resource=str(number)) for number in range(20_000)))
    cpu, looking = time.process_time(), asyncio.ensure_future(Verifier(dsn, tmp_path).examine())
    assert (await looking).lines == 20_000

    assert time.process_time() - cpu < 0.25  # its own process took a second or so for the same


async def test_whoever_leaves_does_not_end_it_and_a_stop_does(
    store: Store, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.record(Event(tag="chat:line:written"))
    begun: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def kept(*words: str, **rest: object) -> asyncio.subprocess.Process:
        begun.append(await start(*words, **rest))  # type: ignore[arg-type]
        return begun[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", kept)
    verifier = Verifier(dsn, tmp_path)
    impatient = asyncio.create_task(verifier.examine())
    while not begun:  # noqa: ASYNC110  # a start raises no event here
        await asyncio.sleep(0.01)
    impatient.cancel()
    await asyncio.wait((impatient,))
    assert begun[0].returncode is None

    await verifier.close()
    assert begun[0].returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(begun[0].pid, 0)


async def test_a_record_that_cannot_be_read_is_said_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(NotVerified, match="cannot be reached"):
        await Verifier(f"postgresql://nexora@/nowhere?host={tmp_path}", tmp_path).examine()
