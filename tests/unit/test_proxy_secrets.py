"""Secrets that go along on the way, and methods inside TLS: the proxy looks into few connections, and only those."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agents.proxy import Proxy, TrafficBounds
from agents.proxy.inner import SecretUnset, inner_for
from agents.proxy.masked import Masked
from agents.sandbox import Sandbox
from governance.egress.hosts import ANY, Destination, HostRule, HostSecret, NetworkReach, Server
from tests.platforms.certificates import Authority
from tests.unit.proxy_stage import Inside, Names, a_sandbox, curl

TOKEN = "tok-4711-canary-value"
SECRETS = {"api": SecretStr(TOKEN)}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


async def echo(request: web.Request) -> web.Response:
    """Whatever was sent comes back, in several forms."""
    given = request.headers.get("Authorization", "none")
    encoded = base64.b64encode(given.encode()).decode()
    return web.Response(text=f"{request.method} {given} {encoded} {len(given)}")


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_route("*", "/echo", echo)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=context)
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def opened(
    sandbox: Sandbox, workspace: Path, reach: NetworkReach, trust: ssl.SSLContext | None = None
) -> AsyncIterator[Inside]:
    names = Names(api_example_com="127.0.0.1", other_example_com="127.0.0.1")
    inner = inner_for(reach, SECRETS, trust)
    async with Proxy(reach, names, TrafficBounds(), inner) as proxy:
        yield Inside(sandbox, workspace, proxy)


def bearing(host: str, *servers: Server, **approved: int) -> NetworkReach:
    reach = NetworkReach(servers=servers, secrets=(HostSecret(name="api", host=host),))
    return reach.with_approved([Destination(host=name.replace("_", "."), port=port) for name, port in approved.items()])


async def test_a_secret_goes_along_to_a_listed_server_and_does_not_come_back(sandbox: Sandbox, tmp_path: Path):
    async with serving() as server:
        inner = Server(name="wiki", host="127.0.0.1", port=server.port)
        reach = bearing("wiki", inner, wiki=server.port)
        url = f"http://wiki:{server.port}/echo"
        async with opened(sandbox, tmp_path, reach) as inside:
            own = curl("-H 'Authorization: Bearer mine'", url)
            done = await inside.run(f"{curl(url)}; echo; {curl('--noproxy none.example', url)}; echo; {own}; echo; env")

    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["GET", "GET", "GET"]
    assert [line.split()[-1] for line in lines[:3]] == [str(len(f"Bearer {TOKEN}"))] * 3, "the server got it"
    assert "canary" not in done.output
    assert base64.b64encode(TOKEN.encode()).decode()[:12] not in done.output
    assert "‹secret api›*****" in lines[0], "a model reads what stood there"


async def test_a_secret_goes_along_inside_tls_and_only_where_a_person_approved_the_host(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    authority = Authority()
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    async with serving(authority.door(tmp_path, ("api.example.com", "other.example.com"))) as server:
        monkeypatch.setattr("governance.egress.hosts._HTTPS", server.port)
        base = f"api.example.com:{server.port}/echo"
        named = bearing("api.example.com", api_example_com=server.port)
        python = f"python3 -c 'import urllib.request as u; print(u.urlopen(\"https://{base}\").read().decode())'"
        async with opened(sandbox, tmp_path, named, trust) as inside:
            got = await inside.run(f"{curl(f'https://{base}')}; echo; {python}")
        anywhere = named.with_approved([Destination(host=ANY, port=server.port)])
        async with opened(sandbox, tmp_path, anywhere, trust) as inside:
            plain = await inside.run(curl("-k", f"https://{base}"))

    assert [line.split()[-1] for line in got.output.splitlines()] == [str(len(f"Bearer {TOKEN}"))] * 2
    assert "canary" not in got.output
    assert plain.output.startswith("GET none "), "approved, but not by its name: nothing goes along"


async def test_a_server_that_is_not_who_it_says_gets_no_secret(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    impostor, real = Authority(), Authority()
    trust = ssl.create_default_context(cadata=real.pem.decode())
    async with serving(impostor.door(tmp_path, ("api.example.com",))) as server:
        monkeypatch.setattr("governance.egress.hosts._HTTPS", server.port)
        reach = bearing("api.example.com", api_example_com=server.port)
        async with opened(sandbox, tmp_path, reach, trust) as inside:
            done = await inside.run(curl(f"https://api.example.com:{server.port}/echo"))

    assert "has no certificate that is trusted" in done.output
    assert "GET" not in done.output


async def test_methods_are_seen_inside_tls_where_only_some_are_allowed(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    authority = Authority()
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    async with serving(authority.door(tmp_path, ("api.example.com", "other.example.com"))) as server:
        monkeypatch.setattr("governance.egress.hosts._HTTPS", server.port)
        rule = HostRule(host="api.example.com", ports=(server.port,), methods=("GET",))
        free = HostRule(host="other.example.com", ports=(server.port,))
        url, other = (f"https://{name}.example.com:{server.port}/echo" for name in ("api", "other"))
        async with opened(sandbox, tmp_path, NetworkReach(rules=(rule, free)), trust) as inside:
            (tmp_path / "real.pem").write_bytes(authority.pem)
            done = await inside.run(f"{curl(url)}; echo; {curl('-d x', url)}; {curl('--cacert real.pem', other)}")

    got, refused, untouched = done.output.splitlines()
    assert got.startswith("GET none")
    assert "is blocked" in refused
    assert untouched.startswith("GET none"), "what need not be looked into is not"


async def test_a_secret_never_goes_in_the_clear_to_a_host_outside(sandbox: Sandbox, tmp_path: Path):
    async with serving() as server:
        reach = bearing("api.example.com", api_example_com=server.port)
        async with opened(sandbox, tmp_path, reach) as inside:
            done = await inside.run(curl(f"http://api.example.com:{server.port}/echo"))

    assert done.output.startswith("GET none ")


def test_a_secret_that_is_not_set_stops_the_call_before_it_begins():
    with pytest.raises(SecretUnset, match="api"):
        inner_for(bearing("api.example.com", api_example_com=0), {})


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(1, 20))
def test_a_secret_is_masked_however_it_is_cut(before: bytes, after: bytes, size: int):
    data = before + TOKEN.encode() + after
    masked = Masked({TOKEN: "api"})

    out = b"".join(masked.feed(data[at : at + size]) for at in range(0, len(data), size)) + masked.end()

    assert len(out) == len(data)
    assert TOKEN.encode() not in out
    assert out.startswith(before)
    assert out.endswith(after)


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_a_secret_is_masked_inside_base64(before: int, after: int):
    encoded = base64.b64encode(b"x" * before + TOKEN.encode() + b"y" * after)
    masked = Masked({TOKEN: "api"})

    out = masked.feed(encoded) + masked.end()

    assert len(out) == len(encoded)
    assert out.count(b"*") >= len(TOKEN)


def test_where_the_reference_does_not_fit_there_are_stars():
    masked = Masked({"tok-4711": "a-rather-long-name"})

    assert masked.feed(b"it is tok-4711.") + masked.end() == b"it is ********."


def test_what_follows_a_reference_stands_where_it_stood():
    masked = Masked({TOKEN: "api"})
    out = masked.feed(f'{{"token": "{TOKEN}", "next": 1}}'.encode()) + masked.end()

    assert out.decode() == '{"token": "‹secret api›*****", "next": 1}'
