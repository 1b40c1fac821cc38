"""Ways to models and platforms: through a real proxy, to a real TLS server of a company's authority, or straight."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError
from yarl import URL

from agents.models.context import message
from agents.models.protocol import TextDelta
from agents.models.wire.openai import OpenAICompatible
from channels.base import NexoraError
from gateway.settings.model import Settings
from gateway.settings.network import NetworkSettings, proxies_of, publish, session_for
from governance.egress.egress import Egress
from tests.conftest import OutsideSocket
from tests.load.processes import ROOT
from tests.platforms.certificates import Authority
from tests.platforms.model import FakeModel
from tests.platforms.proxy import FakeProxy

ELSEWHERE = "models.corp.invalid"


@asynccontextmanager
async def platform(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server with a page and a socket; its port."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.host} {'Proxy-Authorization' in request.headers}")

    async def socket(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        await answer.send_str("hello")
        await answer.close()
        return answer

    app = web.Application()
    app.router.add_get("/page", page)
    app.router.add_get("/socket", socket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def settings(**given: Any) -> NetworkSettings:
    return NetworkSettings.model_validate(given)


async def page_at(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as response:
        return await response.text()


async def test_a_model_is_asked_through_the_proxy_of_the_environment() -> None:
    async with (
        FakeModel() as fake,
        FakeProxy(fake.port, user="me:p@ss") as proxy,
        session_for(settings(), {"HTTP_PROXY": f"http://me:p%40ss@127.0.0.1:{proxy.port}"}) as http,
    ):
        model = OpenAICompatible(
            http, base_url=f"http://{ELSEWHERE}/v1", model="fake-1", provider="acme", api_key=fake.key
        )
        said = [delta async for delta in model.stream([message("user", "hello")], ())]

    assert "".join(delta.text for delta in said if isinstance(delta, TextDelta)) == "echo: hello"
    assert proxy.asked == [f"POST http://{ELSEWHERE}/v1/chat/completions HTTP/1.1"]


async def test_a_page_and_a_socket_behind_tls_are_reached_through_a_tunnel_that_asks_for_a_name(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    async with platform(authority.door(tmp_path, [ELSEWHERE])) as port, FakeProxy(port, user="me:p@ss") as proxy:
        network = settings(proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}", ca_file=str(tmp_path / "ca.pem"))
        async with session_for(network, {}) as http:
            page = await page_at(http, f"https://{ELSEWHERE}/page")
            async with http.ws_connect(f"wss://{ELSEWHERE}/socket") as socket:
                heard = await socket.receive_str()

    assert (page, heard) == (f"{ELSEWHERE} False", "hello")
    assert proxy.asked == [f"CONNECT {ELSEWHERE}:443 HTTP/1.1"] * len(proxy.asked)
    assert proxy.asked
    assert proxy.refused == 0


async def test_certificates_are_trusted_beside_the_systems_and_not_without_the_setting(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    async with platform(authority.door(tmp_path)) as port:
        async with session_for(settings(), {}) as http:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await page_at(http, f"https://127.0.0.1:{port}/page")
        async with session_for(settings(ca_file=str(tmp_path / "ca.pem")), {}) as http:
            assert await page_at(http, f"https://127.0.0.1:{port}/page") == f"127.0.0.1:{port} False"
            trusted = http.connector._ssl  # type: ignore[union-attr]

    assert isinstance(trusted, ssl.SSLContext)
    assert trusted.cert_store_stats()["x509_ca"] == ssl.create_default_context().cert_store_stats()["x509_ca"] + 1


async def test_a_file_without_certificates_ends_the_start_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")

    with pytest.raises(NexoraError, match=r"network.ca_file: .*ca.pem holds no certificates"):
        session_for(settings(ca_file=str(tmp_path / "ca.pem")), {})


async def test_this_machine_is_reached_past_any_proxy() -> None:
    async with (
        platform() as port,
        FakeProxy(port) as proxy,
        session_for(settings(proxy=f"127.0.0.1:{proxy.port}"), {}) as http,
    ):
        await page_at(http, f"http://127.0.0.1:{port}/page")

    assert proxy.asked == []


async def test_what_agents_fetch_never_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with platform() as port, FakeProxy(port) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Egress() as egress:
            with pytest.raises(OutsideSocket, match=r"models.example.com"):  # straight there, which no test may
                await egress.fetch("http://models.example.com/page", limit_bytes=1000, timeout_seconds=5)

    assert proxy.asked == []


PROXY = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:2"}


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        (PROXY, "http://a.example/", "http://p:1"),
        (PROXY, "https://a.example/", "http://p:2"),
        (PROXY, "wss://a.example/", "http://p:2"),
        (PROXY, "http://localhost:11434/v1", None),
        (PROXY, "http://[::1]:11434/v1", None),
        ({**PROXY, "https_proxy": "http://small:3"}, "https://a.example/", "http://small:3"),
        ({"ALL_PROXY": "proxy.corp:3128"}, "https://a.example/", "http://proxy.corp:3128"),
        ({"ALL_PROXY": "socks5://proxy.corp:1080"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "*"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "x.example, a.example"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "example"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": ".example"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "*.example"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "ample"}, "https://a.example/", "http://p:2"),
        ({**PROXY, "NO_PROXY": "a.example:8443"}, "https://a.example/", "http://p:2"),
        ({**PROXY, "NO_PROXY": "a.example:443"}, "https://a.example/", None),
        ({**PROXY, "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/", None),
        ({**PROXY, "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3/", "http://p:2"),
        ({**PROXY, "NO_PROXY": "fd00::/8"}, "https://[fd00::5]/", None),
        ({**PROXY, "NO_PROXY": ""}, "https://a.example/", "http://p:2"),
    ],
)
def test_the_environment_is_read_as_curl_reads_it(environment: Mapping[str, str], url: str, proxy: str | None) -> None:
    route = proxies_of(settings(), environment).route(URL(url))

    assert (None if route is None else str(route).rstrip("/")) == proxy


def test_the_settings_win_over_the_environment() -> None:
    network = settings(proxy="http://own:1", no_proxy=["b.example"])
    proxies = proxies_of(network, {**PROXY, "NO_PROXY": "*"})

    assert [proxies.route(URL(f"https://{host}.example/")) for host in "ab"] == [URL("http://own:1"), None]


def test_a_proxy_that_is_not_spoken_is_refused_in_the_settings() -> None:
    with pytest.raises(ValidationError, match="socks5 is not spoken"):
        Settings.model_validate({"network": {"proxy": "socks5://proxy.corp:1080"}})


def test_libraries_with_connections_of_their_own_find_the_proxy_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    publish(settings(proxy="proxy.corp:3128", no_proxy=["b.example"]))

    assert (os.environ["HTTPS_PROXY"], os.environ["NO_PROXY"]) == ("http://proxy.corp:3128", "b.example,localhost")


ASKS = """
import asyncio, os, sys
from pathlib import Path
from agents.models.context import message
from agents.models.wire.litellm import LiteLLM
from gateway.settings.network import NetworkSettings, publish

async def main():
    proxy, ca_file, key = sys.argv[1:]
    publish(NetworkSettings.model_validate({"proxy": proxy}))
    base = {"base_url": "https://models.corp.invalid/v1", "api_key": key, "ca_file": Path(ca_file)}
    model = LiteLLM(model="fake-1", provider="openai", **base)
    print("".join([getattr(each, "text", "") async for each in model.stream([message("user", "hello")], ())]))

asyncio.run(main())
"""


async def test_litellm_goes_the_same_way_and_trusts_the_same_authority(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    async with FakeModel(tls=authority.door(tmp_path, [ELSEWHERE])) as fake, FakeProxy(fake.port) as proxy:
        asking = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-c", ASKS),
            *(f"http://127.0.0.1:{proxy.port}", str(tmp_path / "ca.pem"), fake.key),
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, trouble = await asking.communicate()

    assert said.decode().strip() == "echo: hello", trouble.decode()
    assert proxy.asked == [f"CONNECT {ELSEWHERE}:443 HTTP/1.1"]
