"""How much passes through a proxy, and that nothing passes that could be read in two ways."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from agents.sandbox import Sandbox
from governance.egress.hosts import HostRule, NetworkReach
from tests.unit.proxy_stage import Names, a_registry, a_sandbox, curl, listing, opened, rules


@pytest.fixture
async def registry() -> AsyncIterator[TestServer]:
    async with a_registry() as server:
        yield server


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


async def test_what_is_sent_and_fetched_is_bounded(sandbox: Sandbox, tmp_path: Path, registry: TestServer):
    (tmp_path / "much").write_bytes(b"x" * (2 << 20))
    url = f"http://registry:{registry.port}"
    up = curl("--noproxy none.example -X POST --data-binary @much", f"{url}/told")
    async with opened(sandbox, tmp_path, listing(registry), up_bytes=1 << 20) as sending:
        sent = await sending.run(up)
    async with opened(sandbox, tmp_path, listing(registry), down_bytes=1 << 20) as fetching:
        fetched = await fetching.run(f"{curl(f'{url}/big')} | wc -c; {curl(f'{url}/told')}")

    assert '"length"' not in sent.output
    assert sending.proxy.ledger.spent == "more than 1 MB sent"
    assert int(fetched.output.split()[-1] if fetched.output.split()[-1].isdigit() else 0) <= 1 << 20
    assert fetching.proxy.ledger.spent == "more than 1 MB fetched"
    assert sum(use.down for use in fetching.proxy.ledger.uses) <= 1 << 20


async def test_connections_are_bounded_in_all_and_at_a_time(sandbox: Sandbox, tmp_path: Path, registry: TestServer):
    (tmp_path / "many.py").write_text(
        "import socket\n"
        "held = [socket.create_connection(('127.0.0.1', 3128)) for _ in range(30)]\n"
        "held[-1].settimeout(20)\n"
        "print(held[-1].recv(200).split(b'\\r\\n')[0].decode())\n"
    )
    async with opened(sandbox, tmp_path, listing(registry), at_once=8) as inside:
        crowd = await inside.run("python3 many.py")
    async with opened(sandbox, tmp_path, listing(registry), connections=3) as few:
        last = await few.run("; ".join([curl(f"http://registry:{registry.port}/told")] * 5))

    assert crowd.output == "HTTP/1.1 503 too many connections at a time\n"
    assert last.output.count('"method"') == 3
    assert few.proxy.ledger.spent == "more than 3 connections"


async def test_many_blocked_names_do_not_flood_the_record(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "many.py").write_text(
        "import socket\n"
        "for number in range(150):\n"
        "    one = socket.create_connection(('127.0.0.1', 3128))\n"
        "    one.sendall(b'CONNECT secret%d.example.com:443 HTTP/1.1\\r\\n\\r\\n' % number)\n"
        "    assert b' 403 ' in one.recv(1000)\n"
    )
    async with opened(sandbox, tmp_path, NetworkReach()) as inside:
        done = await inside.run("python3 many.py")

    assert done.output == ""
    assert len(inside.proxy.ledger.uses) == 101
    assert inside.proxy.ledger.uses[-1].connections == 50


RAW = """
import socket, sys
one = socket.create_connection(("127.0.0.1", 3128))
one.sendall({raw!r})
one.settimeout(5)
print(one.recv(2000).split(b"\\r\\n")[0].decode())
"""


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET https://pkgs.example.com/ HTTP/1.1\r\n\r\n",
        b"GET http://a@pkgs.example.com/ HTTP/1.1\r\n\r\n",
        b"GET http://pkgs.example.com/ HTTP/1.1\r\n Folded: x\r\n\r\n",
        b"GET http://pkgs.example.com/ HTTP/1.1\r\nBare: x\ny: z\r\n\r\n",
        b"CONNECT pkgs.example.com HTTP/1.1\r\n\r\n",
        b"CONNECT pkgs.example.com:99999 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01" + b"x" * 100 + b"\r\n\r\n",
        b"GET http://pkgs.example.com/" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_to_a_proxy_is_not_passed_on(sandbox: Sandbox, tmp_path: Path, raw: bytes):
    names = Names(pkgs_example_com="127.0.0.1")
    (tmp_path / "raw.py").write_text(RAW.format(raw=raw))
    async with opened(sandbox, tmp_path, rules(HostRule(host="pkgs.example.com")), names) as inside:
        done = await inside.run("python3 raw.py")

    assert done.output.startswith("HTTP/1.1 400 ")
    assert names.asked == []


async def test_a_second_request_behind_the_first_is_not_passed_on(
    sandbox: Sandbox, tmp_path: Path, registry: TestServer
):
    rule = HostRule(host="pkgs.example.com", ports=(registry.port,), methods=("POST",))
    first = f"POST http://pkgs.example.com:{registry.port}/told HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi".encode()
    second = f"DELETE http://pkgs.example.com:{registry.port}/told HTTP/1.1\r\nHost: pkgs.example.com\r\n\r\n".encode()
    (tmp_path / "raw.py").write_text(
        RAW.format(raw=first + second) + "\nwhile more := one.recv(9999): print(more.decode())\n"
    )
    async with opened(sandbox, tmp_path, rules(rule), Names(pkgs_example_com="127.0.0.1")) as inside:
        done = await inside.run("python3 raw.py")

    assert done.output.startswith("HTTP/1.1 200 ")
    assert "DELETE" not in done.output
