"""Certificates of real TLS servers: every channel tells what is wrong, and takes a wrong form where that is set."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from channels.base import Channel, ChannelError, ChannelState, Surroundings
from channels.messages import Inbound
from channels.running import catalogue
from channels.shared import certificates
from gateway.run.connections import lenient_session
from gateway.settings.model import ChannelSettings, Configuration, Settings
from governance.people.people import CONSOLE
from tests.platforms.certificates import Authority
from tests.platforms.mattermost.server import TOKEN, FakeMattermost

IS_STRICT = bool(ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT)
"""Whether this Python insists by itself, as 3.13 and later do."""
MISSING = "Missing Authority Key Identifier, which Python 3.13 and later insist on. Have the certificate issued anew"
SETTING = "set tls: {strict: false} for this channel"
OPTIONS: dict[str, dict[str, str]] = {
    "dingtalk": {"client_id": "d" * 12, "client_secret": "s", "api_url": "{}", "oapi_url": "{}"},
    "discord": {"token": "t", "api_url": "{}/api/v10"},
    "feishu": {"app_id": "cli_a1", "app_secret": "s", "domain": "{}"},
    "mattermost": {"token": TOKEN, "url": "{}"},
    "qq": {"app_id": "102000000", "secret": "s", "api_url": "{}", "token_url": "{}"},
    "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": "{}/api/"},
    "telegram": {"token": "1:t", "api_url": "{}"},
    "wecom": {"bot_id": "b", "secret": "s", "socket_url": "wss{}"},
}
"""The least that each kind needs; `{}` is where the server is."""


async def receive(_: Inbound) -> None:
    """Nothing is heard here."""


@pytest.fixture
def authority() -> Authority:
    return Authority()


@asynccontextmanager
async def server(tls: ssl.SSLContext) -> AsyncIterator[str]:
    """A server that knows no path; its address."""
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def session(authority: bytes | None) -> AsyncIterator[aiohttp.ClientSession]:
    """A session as strict as this Python, which trusts that authority."""
    context = ssl.create_default_context()
    if authority is not None:
        context.load_verify_locations(cadata=authority.decode())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http:
        yield http


def build(kind: str, address: str, http: aiohttp.ClientSession) -> Channel:
    module = catalogue.load(kind)
    given = {
        name: value.format(address).replace("wsshttps", "wss") if "{}" in value else value
        for name, value in OPTIONS[kind].items()
    }
    around = Surroundings(http=http, now=lambda: datetime.now(UTC), public_url="https://nexora.example.org")
    return module.build(kind, module.Options.model_validate(given), around)


async def told(channel: Channel) -> str:
    """Why it does not listen."""
    with pytest.raises(ChannelError) as caught:
        async with asyncio.timeout(10):
            await channel.listen(receive)
    return str(caught.value)


def test_every_kind_that_speaks_to_a_platform_is_tried_here_or_with_its_mail_servers() -> None:
    assert {*OPTIONS, "email", CONSOLE} == set(catalogue.kinds())


@pytest.mark.parametrize("kind", OPTIONS)
async def test_an_authority_that_nobody_knows_is_told_by_every_kind(kind: str, authority: Authority, tmp_path: Path):
    async with server(authority.door(tmp_path)) as address, session(None) as http:
        reason = await told(build(kind, address, http))

    assert "its certificate is not trusted: unable to get local issuer certificate" in reason
    assert "strict" not in reason


@pytest.mark.parametrize("kind", OPTIONS)
async def test_what_a_certificate_lacks_is_told_by_every_kind_with_what_helps(
    kind: str, authority: Authority, tmp_path: Path
):
    door = authority.door(tmp_path, names_its_issuer=False)
    async with server(door) as address, session(authority.pem) as http:
        reason = await told(build(kind, address, http))

    assert (MISSING in reason) is IS_STRICT
    assert (SETTING in reason) is IS_STRICT
    assert ("certificate" in reason) is IS_STRICT


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The whole machine trusts the authority."""
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    certificates.context.cache_clear()
    yield
    certificates.context.cache_clear()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("is_strict", [True, False])
async def test_a_channel_takes_such_a_certificate_where_its_settings_say_so(
    is_strict: bool, authority: Authority, tmp_path: Path
):
    fake = FakeMattermost(tls=authority.door(tmp_path, names_its_issuer=False))
    await fake.start()
    given = {"url": fake.base, "token": TOKEN, "tls": {"strict": is_strict}}
    options = catalogue.load("mattermost").Options.model_validate(given)
    configuration = Configuration(
        settings=Settings(), channels={"chat": ChannelSettings(kind="mattermost", options=options)}
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(fake.stop)
        usual = await stack.enter_async_context(session(authority.pem))
        lenient = lenient_session(configuration, usual, stack)
        state = await state_of(build("mattermost", fake.base, lenient))

    assert (lenient is usual) is is_strict
    assert state is (ChannelState.DOWN if is_strict and IS_STRICT else ChannelState.UP)


@pytest.mark.usefixtures("trusted")
async def test_a_lenient_channel_still_refuses_a_stranger_and_another_name(authority: Authority, tmp_path: Path):
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates.context(strict=False)))
    async with http, server(Authority().door(tmp_path)) as address:
        stranger = await told(build("mattermost", address, http))
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates.context(strict=False)))
    async with http, server(authority.door(tmp_path, ("chat.example.org",))) as address:
        named_otherwise = await told(build("mattermost", address.replace("127.0.0.1", "localhost"), http))

    assert "unable to get local issuer certificate" in stranger
    assert "Hostname mismatch" in named_otherwise


async def state_of(channel: Channel) -> ChannelState:
    """Whether it is up, once it has had the time."""
    listening = asyncio.create_task(channel.listen(receive))
    try:
        async with asyncio.timeout(10):
            while (health := await channel.probe()).state is ChannelState.STARTING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # health is asked for, not announced
        return health.state
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
