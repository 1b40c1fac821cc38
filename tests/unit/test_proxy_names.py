"""A tunnel is for the host that it was opened to: the name in the first message of TLS is compared, and kept."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from agents.proxy.hello import MAX_HELLO_BYTES, NameDiffers, opening
from agents.sandbox import Sandbox
from governance.egress.egress import GuardedResolver
from governance.egress.hosts import ANY, Destination, HostRule, NetworkReach
from tests.platforms.certificates import Authority
from tests.unit.proxy_stage import Names, a_sandbox, curl, opened, rules


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


def hello(name: str | None) -> bytes:
    """What a real client of TLS says first."""
    sent = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def in_records(data: bytes, size: int) -> bytes:
    """The same message in records of at most that size."""
    message = data[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(data[:3] + len(piece).to_bytes(2) + piece for piece in pieces)


async def taken(data: bytes, host: str, port: int = 8443, *, ends: bool = True) -> bytes:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if ends:
        reader.feed_eof()
    return await opening(reader, host, port)


@pytest.mark.parametrize("size", [1, 7, 100, 16_384])
async def test_the_right_name_passes_unchanged_however_the_message_is_cut(size: int):
    data = in_records(hello("api.example.com"), size)

    assert await taken(data, "api.example.com", ends=False) == data[:16_384]


async def test_what_comes_after_the_first_message_is_passed_on_too():
    data = hello("api.example.com") + b"\x17\x03\x03early data"

    assert await taken(data, "api.example.com", ends=False) == data


@pytest.mark.parametrize(
    ("name", "host", "because"),
    [
        ("evil.example", "api.example.com", "names evil.example"),
        ("api.example.com.evil.example", "api.example.com", "names api.example.com.evil.example"),
        (None, "api.example.com", "names no host"),
        ("127.0.0.1", "api.example.com", "names no host"),
        ("evil.example", "192.0.2.7", "leads to an address, but TLS inside it names evil.example"),
    ],
)
async def test_another_name_or_none_closes_the_tunnel(name: str | None, host: str, because: str):
    with pytest.raises(NameDiffers, match=because):
        await taken(hello(name), host)


async def test_a_tunnel_to_an_address_passes_where_tls_names_nobody():
    data = hello(None)

    assert await taken(data, "192.0.2.7", 443) == data


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x03\x01"])
async def test_on_the_port_of_https_only_tls_passes_and_elsewhere_other_protocols_do(data: bytes):
    with pytest.raises(NameDiffers, match="not TLS"):
        await taken(data, "api.example.com", 443)

    assert await taken(data, "api.example.com", 22) == data


def named_twice(data: bytes) -> bytes:
    """The same message with a second server name among its extensions."""
    at = 5 + 4 + 2 + 32
    at += 1 + data[at]
    at += 2 + int.from_bytes(data[at : at + 2])
    at += 1 + data[at]
    name = b"evil.example"
    entry = b"\0" + len(name).to_bytes(2) + name
    listed = len(entry).to_bytes(2) + entry
    extra = b"\0\0" + len(listed).to_bytes(2) + listed
    body = data[9:at] + (int.from_bytes(data[at : at + 2]) + len(extra)).to_bytes(2) + data[at + 2 :] + extra
    message = b"\x01" + len(body).to_bytes(3) + body
    return data[:3] + len(message).to_bytes(2) + message


async def test_what_could_be_read_in_two_ways_is_refused():
    good = hello("api.example.com")
    for data in (
        named_twice(good),
        good[:-1],
        good[:60],
        b"\x16\x03\x01\x00\x00" + good,
        b"\x16\x02" + good[2:],
        good[:5] + b"\x02" + good[6:],
        b"\x16\x03\x01\x40\x00" + b"\x01\xff\xff\xff" + b"x" * MAX_HELLO_BYTES,
    ):
        with pytest.raises(NameDiffers, match="can be read"):
            await taken(data, "api.example.com")


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes):
    async def read() -> None:
        try:
            assert await taken(b"\x16" + data, "api.example.com")
        except NameDiffers:
            return

    asyncio.run(read())


async def word(_: web.Request) -> web.Response:
    return web.Response(text="the word of the server")


@asynccontextmanager
async def secure(folder: Path, *names: str) -> AsyncIterator[tuple[TestServer, str]]:
    """A server with a certificate for those names, and where a client finds whom to trust for it."""
    authority = Authority()
    (folder / "trust.pem").write_bytes(authority.pem)
    app = web.Application()
    app.router.add_get("/word", word)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=authority.door(folder, names))
    try:
        yield server, "--cacert trust.pem"
    finally:
        await server.close()


async def test_a_tunnel_carries_only_tls_for_its_own_host(sandbox: Sandbox, tmp_path: Path):
    names = Names(api_example_com="127.0.0.1")
    async with secure(tmp_path, "api.example.com", "evil.example.net") as (server, trust):
        port = server.port
        reach = rules(HostRule(host="api.example.com", ports=(port,)))
        own = curl(trust, f"https://api.example.com:{server.port}/word")
        fronted = curl(
            f"{trust} --connect-to evil.example.net:{server.port}:api.example.com:{server.port}",
            f"https://evil.example.net:{server.port}/word",
        )
        (tmp_path / "nameless.py").write_text(NAMELESS.format(port=server.port))
        async with opened(sandbox, tmp_path, reach, names) as inside:
            done = await inside.run(f"{own}; echo; {fronted}; echo $?; python3 nameless.py")

    first, *others = done.output.splitlines()
    assert first == "the word of the server"
    assert "the word" not in "".join(others)
    blocked = [use for use in inside.proxy.ledger.uses if use.because]
    assert [use.place for use in blocked] == [f"api.example.com:{port}"]
    assert "TLS inside the tunnel names evil.example.net" in blocked[0].because
    assert blocked[0].connections == 2
    assert "closed" in others[-1] or "unrecognized" in others[-1].lower()


NAMELESS = """
import socket, ssl
plain = socket.create_connection(("127.0.0.1", 3128), 10)
plain.sendall(b"CONNECT api.example.com:{port} HTTP/1.1\\r\\n\\r\\n")
assert b"200" in plain.recv(4096)
context = ssl._create_unverified_context()
try:
    context.wrap_socket(plain, server_hostname=None).sendall(b"GET /word HTTP/1.0\\r\\n\\r\\n")
    print("passed")
except (ssl.SSLError, OSError) as problem:
    print("closed", problem)
"""


async def test_an_address_is_reached_by_a_tunnel_only_where_it_was_named_itself(sandbox: Sandbox, tmp_path: Path):
    """The name server knows no address, so nothing is reached; but only what may pass is looked up."""
    names = Names()
    url = "https://93.184.215.14:8443/"
    anything = NetworkReach().with_approved([Destination(host=ANY, port=8443)])
    named = NetworkReach().with_approved([Destination(host="93.184.215.14", port=8443)])
    async with opened(sandbox, tmp_path, anything, GuardedResolver(inner=names)) as inside:
        await inside.run(curl(url))
    async with opened(sandbox, tmp_path, named, GuardedResolver(inner=names)) as allowed:
        await allowed.run(curl(url))

    assert "only where that very address was named" in inside.uses["93.184.215.14:8443"]
    assert "93.184.215.14" in names.asked
    assert allowed.uses == {}
