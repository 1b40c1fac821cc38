"""Where agents may fetch from: nothing on this machine or inside, by no name, redirect or second answer."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from governance.egress.addresses import HostRefused, is_public
from governance.egress.egress import AllowList, Egress, Fetched, FetchFailed, GuardedResolver, judge_url
from governance.values.verdicts import Allowed, Ask, Refused

PUBLIC = "93.184.215.14"


class Names(AbstractResolver):
    """A resolver with a table: each question of a name takes the next of its answers, the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError(f"no such name {host}")
        known = self.answers[host]
        found = known.pop(0) if len(known) > 1 else known[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        pass


async def go(request: web.Request) -> web.Response:
    raise web.HTTPFound(request.query["to"])


async def inner(_: web.Request) -> web.Response:
    return web.Response(text="inner", content_type="text/plain")


async def missing(_: web.Request) -> web.Response:
    return web.Response(status=404, text="not here")


async def around(_: web.Request) -> web.Response:
    raise web.HTTPFound("/around")


async def large(_: web.Request) -> web.Response:
    packed = gzip.compress(b"x" * 5_000_000)
    return web.Response(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"})


async def slow(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def seen(request: web.Request) -> web.Response:
    return web.json_response({"cookie": request.headers.get("Cookie", ""), "agent": request.headers["User-Agent"]})


async def sets_cookie(_: web.Request) -> web.Response:
    answer = web.Response(text="ok")
    answer.set_cookie("session", "1")
    return answer


@pytest.fixture
async def inside() -> AsyncIterator[TestServer]:
    """A server on this machine, as an inner one would be."""
    app = web.Application()
    for path, handler in {
        "/": inner,
        "/missing": missing,
        "/go": go,
        "/around": around,
        "/large": large,
        "/slow": slow,
        "/seen": seen,
    }.items():
        app.router.add_get(path, handler)
    app.router.add_get("/cookie", sets_cookie)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def egress(inside: TestServer) -> AsyncIterator[Egress]:
    """Lets agents reach that server under one name, and nothing else."""
    names = Names(wiki_corp=[["127.0.0.1"]], rebound_org=[["127.0.0.1"]])
    async with Egress(AllowList.of([f"wiki.corp:{inside.port}"]), names) as made:
        yield made


async def get(egress: Egress, url: str, *, limit_bytes: int = 100_000, timeout_seconds: float = 5) -> Fetched:
    return await egress.fetch(url, limit_bytes=limit_bytes, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize(
    "url",
    [
        *("https://example.com/", "http://example.com:8080/a?b=c", "https://例子.测试.com/", "https://93.184.215.14/"),
        *("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "https://sub.example.org./x#y", "HTTPS://EXAMPLE.com/"),
    ],
)
def test_a_public_page_may_be_fetched(url: str):
    assert isinstance(judge_url(url), Allowed)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://127.1/", "http://127.0.0.1./", "http://0x7f000001/", "http://0x7f.1/"),
        *("http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://0/", "http://0.0.0.0/"),
        *("http://127.0.1/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://127.0.0.%31/", "http://0x5db8d70e/"),
        *(
            "http://10.0.0.1/",
            "http://172.16.5.4/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/",
        ),
        *(
            "http://168.63.129.16/",
            "http://192.0.0.192/",
            "http://198.18.0.1/",
            "http://224.0.0.1/",
            "http://240.0.0.1/",
        ),
        *(
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
        ),
        *(
            "http://[fd00::1]/",
            "http://[fc00::]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[::127.0.0.1]/",
        ),
        *("http://[fd00:ec2::254]/", "http://[ff02::1]/", "http://[fe80::1%25eth0]/", "http://[::ffff:a9fe:a9fe]/"),
    ],
)
def test_no_address_of_this_machine_or_an_inner_network_however_written(url: str):
    assert isinstance(judge_url(url), Refused)


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://ⓛocalhost/", "http://router/"),
        *(
            "http://metadata.google.internal/",
            "http://metadata/",
            "http://wiki.corp/",
            "http://nas.local/",
            "http://localtest.me/",
        ),
        *("http://kubernetes.default.svc.cluster.local/", "http://instance-data/", "http://host.docker.internal/"),
    ],
)
def test_no_name_of_this_machine_or_an_inner_network(url: str):
    assert isinstance(judge_url(url), Refused)


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "data:text/plain,x", "javascript:x", ""),
        *(
            "//example.com/",
            "example.com",
            "http:///x",
            "http://",
            "https://user@example.com/",
            "http://a:b@127.0.0.1/",
        ),
        *(
            "http://example.com\\@127.0.0.1/",
            "http://exa mple.com/",
            "http://example.com/\r\nHost: x",
            "http://example.com:22/",
        ),
        *(
            "http://example.com:0/",
            "http://example.com:99999/",
            "http://[::1/",
            "http://exa\u200bmple.com/",
            "http://-a.com/",
        ),
        *("http://" + "a" * 300 + ".com/", "http://example..com/", "http://256.1.1.1/", "http://1.2.3.4.5/"),
    ],
)
def test_what_is_no_ordinary_web_address_is_refused(url: str):
    assert isinstance(judge_url(url), Refused)


def test_a_very_long_url_asks_since_it_may_carry_data_out():
    assert isinstance(judge_url("https://example.com/?q=" + "a" * 3000), Ask)


def test_a_listed_server_is_allowed_at_its_port_only():
    allow = AllowList.of(["wiki.corp:8443", "127.0.0.1:9000", "[::1]:9001"])

    assert isinstance(judge_url("https://wiki.corp:8443/x", allow), Allowed)
    assert isinstance(judge_url("http://127.0.0.1:9000/", allow), Allowed)
    assert isinstance(judge_url("http://[::1]:9001/", allow), Allowed)
    assert isinstance(judge_url("https://wiki.corp/", allow), Refused)
    assert isinstance(judge_url("http://127.0.0.1:9001/", allow), Refused)
    assert isinstance(judge_url("http://127.1:9000/", allow), Refused)
    with pytest.raises(ValueError, match="host:port"):
        AllowList.of(["wiki.corp"])


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_known_as_such(address: str):
    assert is_public(address)


async def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(egress: Egress):
    with pytest.raises(HostRefused, match=r"127\.0\.0\.1"):
        await get(egress, "http://rebound.org/")


async def test_one_inner_address_among_public_ones_is_enough_to_refuse():
    guarded = GuardedResolver(inner=Names(mixed_org=[[PUBLIC, "10.0.0.7"]], good_org=[[PUBLIC]]))

    assert [each["host"] for each in await guarded.resolve("good.org", 80)] == [PUBLIC]
    with pytest.raises(HostRefused):
        await guarded.resolve("mixed.org", 80)


async def test_a_second_answer_of_a_name_is_judged_like_the_first():
    """The connection is made to the very addresses that were judged, so a changed answer is a new judgement."""
    guarded = GuardedResolver(inner=Names(rebinding_org=[[PUBLIC], ["127.0.0.1"]]))

    assert [each["host"] for each in await guarded.resolve("rebinding.org", 80)] == [PUBLIC]
    with pytest.raises(HostRefused):
        await guarded.resolve("rebinding.org", 80)


async def test_a_listed_server_is_fetched(egress: Egress, inside: TestServer):
    page = await get(egress, f"http://WIKI.corp:{inside.port}/")

    assert (page.status, page.media_type, page.body) == (200, "text/plain", b"inner")
    assert not page.truncated


@pytest.mark.parametrize(
    "to",
    [
        *(
            "http://127.0.0.1:{port}/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]:{port}/",
            "file:///etc/passwd",
        ),
        *(
            "http://rebound.org:{port}/",
            "//localhost:{port}/",
            "http://2130706433:{port}/",
            "https://user@example.com/",
        ),
        "https://example.com/" + "a" * 3000,
    ],
)
async def test_a_redirect_leads_nowhere_that_a_url_could_not(egress: Egress, inside: TestServer, to: str):
    with pytest.raises(HostRefused):
        await get(egress, f"http://wiki.corp:{inside.port}/go?to={to.format(port=inside.port)}")


async def test_an_honest_redirect_is_followed_and_an_endless_one_is_not(egress: Egress, inside: TestServer):
    base = f"http://wiki.corp:{inside.port}"

    assert (await get(egress, f"{base}/go?to=/missing")).url == f"{base}/missing"
    assert (await get(egress, f"{base}/missing")).status == 404
    with pytest.raises(FetchFailed, match="more than 5"):
        await get(egress, f"{base}/around")


async def test_a_large_body_is_cut_at_what_it_unpacks_to(egress: Egress, inside: TestServer):
    page = await get(egress, f"http://wiki.corp:{inside.port}/large", limit_bytes=1_000)

    assert page.truncated
    assert page.body == b"x" * 1_000


async def test_a_server_that_does_not_answer_is_left(egress: Egress, inside: TestServer):
    with pytest.raises(FetchFailed, match=r"within 0\.2 s"):
        await get(egress, f"http://wiki.corp:{inside.port}/slow", timeout_seconds=0.2)


async def test_a_name_without_address_is_a_sentence(egress: Egress):
    with pytest.raises(FetchFailed, match="no address"):
        await get(egress, "http://gone.example.org/")


async def test_neither_cookies_nor_proxies_are_used(
    egress: Egress, inside: TestServer, monkeypatch: pytest.MonkeyPatch
):
    base = f"http://wiki.corp:{inside.port}"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    await get(egress, f"{base}/cookie")

    page = await get(egress, f"{base}/seen")

    assert b'"cookie": ""' in page.body
    assert b"Nexora" in page.body
