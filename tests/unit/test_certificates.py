"""Certificates of real TLS servers: every channel tells what is wrong, and takes a wrong form where that is set."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from agents.models.wire.litellm import trusted_file
from channels.base import Channel, ChannelError, ChannelState, Surroundings
from channels.messages import Inbound
from channels.running import catalogue
from channels.shared import certificates
from gateway.run.connections import lenient_session
from gateway.settings.model import ChannelSettings, Configuration, Settings
from governance.egress.system_trust import system_file
from tests.contract.drivers import NeedsDatabase, driver_of
from tests.platforms.certificates import Authority
from tests.platforms.mattermost.server import TOKEN, FakeMattermost

IS_STRICT = bool(ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT)
"""Whether this Python insists by itself, as 3.13 and later do."""
MISSING = "Missing Authority Key Identifier, which Python 3.13 and later insist on. Have the certificate issued anew"
SETTING = "set tls: {strict: false} for this channel"
PLAIN = re.compile(r"(http|ws)(://127\.0\.0\.1:\d+)")
"""An address of a fake, as its driver writes it into the settings."""


async def options_of(kind: str, address: str) -> dict[str, Any]:
    """The settings with which it would connect to its fake, in the first mode, with the server in the fake's place."""
    driver = driver_of(kind)
    if driver is None or isinstance(driver, NeedsDatabase):
        pytest.skip(f"{kind} speaks to no platform")
    await driver.start()
    try:
        given = driver.options(driver.modes[0])
    finally:
        await driver.stop()
    if not PLAIN.search(str(given)):
        pytest.skip(f"{kind} speaks neither HTTP nor WebSocket; it has tests of its own")
    secure = rf"\1s{address.removeprefix('https')}"
    return {name: PLAIN.sub(secure, value) if isinstance(value, str) else value for name, value in given.items()}


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


def build(kind: str, given: Mapping[str, Any], http: aiohttp.ClientSession) -> Channel:
    module = catalogue.load(kind)
    around = Surroundings(http=http, now=lambda: datetime.now(UTC), public_url="https://nexora.example.org")
    return module.build(kind, module.Options.model_validate(given), around)


async def told(channel: Channel) -> str:
    """Why it does not listen."""
    with pytest.raises(ChannelError) as caught:
        async with asyncio.timeout(10):
            await channel.listen(receive)
    return str(caught.value)


@pytest.mark.parametrize("kind", catalogue.kinds())
async def test_an_authority_that_nobody_knows_is_told_by_every_kind(kind: str, authority: Authority, tmp_path: Path):
    async with server(authority.door(tmp_path)) as address, session(None) as http:
        reason = await told(build(kind, await options_of(kind, address), http))

    assert "its certificate is not trusted: unable to get local issuer certificate" in reason
    assert "strict" not in reason


@pytest.mark.parametrize("kind", catalogue.kinds())
async def test_what_a_certificate_lacks_is_told_by_every_kind_with_what_helps(
    kind: str, authority: Authority, tmp_path: Path
):
    door = authority.door(tmp_path, names_its_issuer=False)
    async with server(door) as address, session(authority.pem) as http:
        reason = await told(build(kind, await options_of(kind, address), http))

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
        state = await state_of(build("mattermost", given, lenient))

    assert (lenient is usual) is is_strict
    assert state is (ChannelState.DOWN if is_strict and IS_STRICT else ChannelState.UP)


@pytest.mark.usefixtures("trusted")
async def test_a_lenient_channel_still_refuses_a_stranger_and_another_name(authority: Authority, tmp_path: Path):
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates.context(strict=False)))
    async with http, server(Authority().door(tmp_path)) as address:
        stranger = await told(build("mattermost", {"url": address, "token": TOKEN}, http))
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates.context(strict=False)))
    async with http, server(authority.door(tmp_path, ("chat.example.org",))) as address:
        named_otherwise = await told(
            build("mattermost", {"url": address.replace("127.0.0.1", "localhost"), "token": TOKEN}, http)
        )

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


def test_what_takes_nothing_but_a_file_is_given_the_systems_or_the_named_one(tmp_path: Path) -> None:
    named = tmp_path / "named.pem"
    named.write_text("NAMED\n")

    assert system_file({"SSL_CERT_FILE": str(named)}) == named
    assert system_file({"SSL_CERT_FILE": str(tmp_path / "gone.pem")}) == system_file({})


def test_litellm_trusts_the_system_and_what_was_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, added = tmp_path / "named.pem", tmp_path / "added.pem"
    named.write_text("NAMED\n")
    added.write_text("ADDED\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(named))

    assert trusted_file(None) == str(named)
    assert Path(trusted_file(added)).read_text() == "NAMED\n\nADDED\n"
