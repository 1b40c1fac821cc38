"""What the record says of what passed through a proxy, however the call ends."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from agents.proxy import CommandProxies
from agents.sandbox import Sandbox
from agents.tools.tool import ToolContext
from governance.egress.hosts import HostRule, NetworkReach
from governance.people.people import Person, Role
from governance.record.audit import Event, Status
from tests.unit.proxy_stage import Names, a_sandbox, curl


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


class Record:
    """Takes its time, as a database may."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.blocked: list[tuple[str, int, str]] = []

    async def __call__(
        self, context: ToolContext, events: Sequence[Event], blocked: Sequence[tuple[str, int, str]]
    ) -> str:
        await asyncio.sleep(0.05)
        assert context.agent == "builder"
        self.events += events
        self.blocked += blocked
        return "told"


def context(workspace: Path, *hosts: str) -> ToolContext:
    person = Person(id=UUID(int=7), name="alice", role=Role.OPERATOR)
    return ToolContext(
        person=person, agent="builder", conversation="chat:1", workspace=workspace, network=True, hosts=hosts
    )


def proxies(record: Record, *rules: HostRule) -> CommandProxies:
    async def reach_of(_: str, __: str) -> NetworkReach:
        return NetworkReach(rules=rules)

    return CommandProxies(reach_of=reach_of, record=record, resolver=Names(api_example_com="127.0.0.1"))


async def test_each_host_has_one_line_and_what_nobody_listed_is_offered(sandbox: Sandbox, tmp_path: Path):
    record = Record()
    commands = "; ".join(
        [
            curl("http://other.example.com/a"),
            curl("-d x http://other.example.com/b"),
            curl("https://other.example.com:8443/"),
            curl("http://inner.example/"),
        ]
    )
    async with proxies(record).open(context(tmp_path, "inner.example")) as proxy:
        await sandbox.run(commands, workspace=tmp_path, timeout_seconds=20, listener=proxy.listener)

    lines = {event.resource: event for event in record.events}
    assert set(lines) == {"other.example.com:80", "other.example.com:8443", "inner.example:80"}
    assert all(event.tag == "door:host:blocked" and event.status is Status.DENIED for event in record.events)
    assert lines["other.example.com:80"].detail["methods"] == "GET,POST"
    assert lines["other.example.com:80"].detail["connections"] == 2
    assert sorted(record.blocked) == [
        ("other.example.com", 80, "GET"),
        ("other.example.com", 80, "POST"),
        ("other.example.com", 8443, "CONNECT"),
    ], "what no rule could open is not offered"


async def test_a_cancelled_call_has_its_lines_too(sandbox: Sandbox, tmp_path: Path):
    record, tried = Record(), asyncio.Event()

    async def work() -> None:
        async with proxies(record).open(context(tmp_path)) as proxy:

            async def heard(_: str) -> None:
                tried.set()

            command = f"{curl('http://other.example.com/')}; sleep 60"
            await sandbox.run(command, workspace=tmp_path, timeout_seconds=90, listener=proxy.listener, on_output=heard)

    task = asyncio.create_task(work())
    await asyncio.wait_for(tried.wait(), 15)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [event.resource for event in record.events] == ["other.example.com:80"]
