"""What passes through the proxy of one command and what does not, with real programs in a real sandbox."""

import asyncio
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestServer

from agents.sandbox import Sandbox, SandboxLevel
from governance.egress.egress import GuardedResolver
from governance.egress.hosts import ANY, Destination, HostRule, NetworkReach, Server
from tests.unit.proxy_stage import Names, a_registry, a_sandbox, curl, listing, opened, rules


@pytest.fixture
async def registry() -> AsyncIterator[TestServer]:
    async with a_registry() as server:
        yield server


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


async def test_a_listed_server_is_reached_by_name_directly_and_through_the_proxy(
    sandbox: Sandbox, tmp_path: Path, registry: TestServer
):
    url = f"http://registry:{registry.port}/told?a=1"
    async with opened(sandbox, tmp_path, listing(registry)) as inside:
        done = await inside.run(f"{curl(url)}; echo; {curl('--noproxy', 'none.example', url)}")

    straight, by_proxy = done.output.splitlines()
    assert straight == by_proxy
    assert f'"host": "registry:{registry.port}"' in straight
    (use,) = inside.proxy.ledger.uses
    assert (use.place, use.because, use.methods) == (f"registry:{registry.port}", "", {"GET", "TCP"})
    assert use.up > 100
    assert use.down > 200


async def test_packages_are_installed_from_a_listed_registry(
    sandbox: Sandbox, tmp_path: Path, registry: TestServer, monkeypatch: pytest.MonkeyPatch
):
    python = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    command = (
        f"{python} -m pip install -q --no-cache-dir --target lib --trusted-host registry "
        f"--index-url http://registry:{registry.port}/simple proxytest && "
        f"PYTHONPATH=lib {python} -c 'import proxytest; print(proxytest.WORD)'"
    )
    async with opened(sandbox, tmp_path, listing(registry)) as inside:
        done = await inside.run(command, seconds=60)
    async with opened(sandbox, tmp_path, NetworkReach()) as outside:
        refused = await outside.run(command.replace("--target lib", "--target lib2 --retries 0"), seconds=60)

    assert done.output.splitlines()[-1] == "installed through the proxy"
    assert refused.exit_code != 0


async def test_a_listed_host_is_reached_by_http_and_connect_and_no_other(
    sandbox: Sandbox, tmp_path: Path, registry: TestServer
):
    names = Names(pkgs_example_com="127.0.0.1", other_example_com="127.0.0.1")
    reach = rules(HostRule(host="pkgs.example.com", ports=(registry.port,)))
    base = f"pkgs.example.com:{registry.port}/told"
    commands = [
        curl(f"http://{base}"),
        curl("-p", f"http://{base}"),
        curl("-X POST --data-binary @-", f"http://{base}", "<<<hello"),
        curl("-H 'Transfer-Encoding: chunked' --data-binary @-", f"http://{base}", "<<<hello"),
        curl(f"http://other.example.com:{registry.port}/told"),
        curl("http://pkgs.example.com:81/told"),
    ]
    async with opened(sandbox, tmp_path, reach, names) as inside:
        done = await inside.run("; echo; ".join(commands))

    answers = [line for line in done.output.splitlines() if line]
    assert ['"length": 0' in one for one in answers[:2]] == [True, True]
    assert ['"method": "POST"' in one and '"length": 6' in one for one in answers[2:4]] == [True, True]
    assert "is blocked: it is neither listed nor approved" in answers[4]
    assert "is blocked: a port below 1024 that is not one of the web passes only where a rule lists it" in answers[5]
    assert set(names.asked) == {"pkgs.example.com"}, "what is blocked is not even looked up"


async def test_a_rule_that_names_methods_lets_no_other_pass(sandbox: Sandbox, tmp_path: Path, registry: TestServer):
    rule = HostRule(host="*.example.com", ports=(registry.port,), methods=("GET", "HEAD"))
    url = f"http://pkgs.example.com:{registry.port}/told"
    async with opened(sandbox, tmp_path, rules(rule), Names(pkgs_example_com="127.0.0.1")) as inside:
        done = await inside.run(f"{curl(url)}; echo; {curl('-d x', url)}; {curl('-p', url)}")

    got, *refused = done.output.splitlines()
    assert '"method": "GET"' in got
    assert "is blocked" in refused[0]
    assert "403" in refused[1]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://[fd00:ec2::254]/",
        "http://127.0.0.1:{port}/told",
        "http://localhost:{port}/told",
        "http://[::ffff:127.0.0.1]:{port}/told",
        "http://2130706433:{port}/told",
        "http://rebound.example.com:{port}/told",
        "http://10.0.0.1/",
    ],
)
async def test_no_address_inside_is_reached_even_where_every_public_host_was_approved(
    sandbox: Sandbox, tmp_path: Path, registry: TestServer, url: str
):
    names = Names(rebound_example_com="127.0.0.1", localhost="127.0.0.1")
    reach = NetworkReach().with_approved([Destination(host=ANY), Destination(host=ANY, port=registry.port)])
    there = f"--noproxy none.example '{url.format(port=registry.port)}'"
    async with opened(sandbox, tmp_path, reach, GuardedResolver(inner=names)) as inside:
        done = await inside.run(f"{curl(there)}; {curl('-p', there)}")

    assert '"method"' not in done.output
    assert all(inside.uses.values())
    assert inside.uses


async def test_a_redirect_leads_nowhere_that_was_not_let_pass(sandbox: Sandbox, tmp_path: Path, registry: TestServer):
    async with opened(sandbox, tmp_path, listing(registry)) as inside:
        done = await inside.run(curl("-L", f"http://registry:{registry.port}/away"))

    assert "10.0.0.1:80 is blocked" in done.output


@pytest.mark.parametrize("port", [22, 25, 465, 3306])
async def test_ports_that_are_not_of_the_web_pass_only_where_a_rule_lists_them(
    sandbox: Sandbox, tmp_path: Path, port: int
):
    names = Names(mail_example_com="192.0.2.1")
    url = f"http://mail.example.com:{port}/"
    reach = NetworkReach().with_approved([Destination(host="mail.example.com"), Destination(host=ANY)])
    async with opened(sandbox, tmp_path, reach, names) as inside:
        done = await inside.run(curl("-p", url))

    assert "403" in done.output
    assert names.asked == []


async def test_the_way_out_is_the_only_one(sandbox: Sandbox, tmp_path: Path, registry: TestServer):
    """Neither UDP, nor the host's own loopback, nor a raw address, whatever the variables say."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        (tmp_path / "try.py").write_text(
            "import socket\n"
            f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {heard.getsockname()[1]}))\n"
            f"for place in (('127.0.0.1', {registry.port}), ('192.0.2.1', 80), ('1.1.1.1', 53)):\n"
            "    try:\n        socket.create_connection(place, 2); print('reached', place)\n"
            "    except OSError as problem:\n        print('not')\n"
        )
        async with opened(sandbox, tmp_path, listing(registry)) as inside:
            done = await inside.run("unset HTTP_PROXY; python3 try.py; ls /proc/self/fd | wc -l")
        with pytest.raises(BlockingIOError):
            heard.recv(10)

    assert done.output.splitlines() == ["not", "not", "not", "4"]


async def test_a_cancelled_command_closes_its_proxy(sandbox: Sandbox, tmp_path: Path):
    ended = asyncio.Event()
    begun = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await reader.read(-1)
        ended.set()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reach = NetworkReach(servers=(Server(name="db", host="127.0.0.1", port=port),))

    async def work() -> None:
        async with opened(sandbox, tmp_path, reach) as inside:
            await inside.run(f"exec 3<>/dev/tcp/db/{port}; sleep 60", seconds=60)

    async with server:
        task = asyncio.create_task(work())
        await asyncio.wait_for(begun.wait(), 10)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(ended.wait(), 2)

    assert time.monotonic() - started < 3


GREET = """
import socket, struct
one = socket.create_connection(("db", {port}), 5)
words = b"".join(part.encode() + b"\\0" for part in ("user", {user!r}, "database", {database!r})) + b"\\0"
one.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
print(one.recv(1))
"""


async def test_a_listed_database_is_reached_by_name_and_its_neighbour_is_not(
    sandbox: Sandbox, tmp_path: Path, dsn: str
):
    """A real PostgreSQL: a client of our own that greets it, and psql where there is one."""
    parts = urlsplit(dsn)
    asked = parse_qs(parts.query)
    user, database = asked.get("user", [parts.username or "postgres"])[0], parts.path.strip("/")
    path = f"{asked['host'][0]}/.s.PGSQL.{asked.get('port', ['5432'])[0]}"

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reach = NetworkReach(servers=(Server(name="db", host="127.0.0.1", port=port),))
        (tmp_path / "greet.py").write_text(GREET.format(port=port, user=user, database=database))
        async with opened(sandbox, tmp_path, reach) as inside:
            greeted = await inside.run("python3 greet.py")
        query = f"psql -h {{}} -p {port} -U {user} -d {database} -Atc 'select 6 * 7'"
        async with opened(sandbox, tmp_path, reach) as inside:
            asked_for = await inside.run(query.format("db"))
            other = await inside.run(query.format("neighbour"))

    assert greeted.output == "b'R'\n"
    if shutil.which("psql"):
        assert asked_for.output == "42\n"
    assert other.exit_code != 0
    assert [use.methods for use in inside.proxy.ledger.uses] in ([], [{"TCP"}])


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
    writer.close()


async def test_a_listed_server_may_have_a_low_port_and_the_command_gains_nothing_else_by_it(
    sandbox: Sandbox, tmp_path: Path
):
    """Nobody answers at that port of this machine, but the way to it is open inside."""
    reach = NetworkReach(servers=(Server(name="directory", host="127.0.0.1", port=389),))
    (tmp_path / "try.py").write_text(
        "import os, socket\nsocket.create_connection(('directory', 389), 5)\nprint('open')\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('CapBnd')])\n"
    )
    async with opened(sandbox, tmp_path, reach) as inside:
        done = await inside.run("python3 try.py; unshare --user true || echo refused")

    assert done.output.splitlines()[:2] == ["open", "['0000000000000400']"], "to bind low ports of its own network"
    assert done.output.splitlines()[-1] == "refused"


def test_only_bubblewrap_opens_proxies():
    assert not Sandbox(level=SandboxLevel.LANDLOCK).opens_proxies
    assert not Sandbox(level=SandboxLevel.NONE).opens_proxies
