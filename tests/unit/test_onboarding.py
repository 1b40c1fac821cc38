"""Apps made by a code, against fakes of each platform's flow: what is shown, how often is asked, how it ends."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from channels.base import ChannelDown
from channels.dingtalk import set_up as dingtalk
from channels.feishu import set_up as feishu
from channels.onboarding import Ending, SetUpEnded, obtain
from channels.qq import set_up as qq
from channels.running import catalogue
from channels.wecom import set_up as wecom
from tests.platforms.codes import FakeCodes
from tests.platforms.dingtalk.set_up import FakeRegistration
from tests.platforms.feishu.set_up import FakeAccounts, added_by
from tests.platforms.qq.set_up import FakePortal
from tests.platforms.wecom.set_up import FakeMaker

KINDS = {
    "dingtalk": (dingtalk, FakeRegistration, {"client_id": "dingabc123"}, {"client_secret": "Qx7vR2kLm0PzWt5n"}),
    "feishu": (feishu, FakeAccounts, {"app_id": "cli_a1b2c3d4e5f6"}, {"app_secret": "f3Kq0zWm9TgLs1Xv"}),
    "qq": (qq, FakePortal, {"app_id": "102000123"}, {"secret": "DG5g3B4j9X2KOErG"}),
    "wecom": (wecom, FakeMaker, {"bot_id": "aibXk2"}, {"secret": "Zr8mQ4tYw1LpVc6d"}),
}
every = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch):
    for module in (dingtalk, qq, wecom):
        monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.01)


def flow_at(kind: str, fake: FakeCodes, http: ClientSession, **chosen: str):
    return KINDS[kind][0].set_up(http, dict.fromkeys(KINDS[kind][0].HOSTS, fake.url), chosen)


def test_the_platforms_that_offer_it_are_found_and_the_others_have_none():
    assert {kind for kind in catalogue.kinds() if catalogue.set_up_of(kind)} == set(KINDS)
    assert set(catalogue.set_up_hosts()) == {"dingtalk", "feishu", "lark", "qq", "wecom"}


@every
async def test_who_scans_and_confirms_gives_the_channel_its_settings_with_the_secret_apart(kind):
    _, make, options, secrets = KINDS[kind]
    async with make(confirms_after=2) as fake, ClientSession() as http:
        flow = flow_at(kind, fake, http)
        offer = await flow.begin()
        got = await obtain(flow, offer)

    assert offer.link.startswith(fake.links[0])
    assert offer.expires_seconds in {300, 600, 7200}
    assert (got.options, got.secrets) == (options, secrets)
    assert fake.asked == 3
    assert catalogue.load(kind).Options.model_validate({**got.options, **got.secrets})
    assert not any(secret in repr(got) for secret in secrets.values())


@every
async def test_a_code_that_expires_ends_it(kind):
    async with KINDS[kind][1](state="expired") as fake, ClientSession() as http:
        flow = flow_at(kind, fake, http)
        offer = await flow.begin()
        if kind == "wecom":  # which tells nothing: the clock does
            offer = type(offer)(link=offer.link, expires_seconds=0.0)
        with pytest.raises(SetUpEnded) as ended:
            await obtain(flow, offer, patience_seconds=0.0)

    assert ended.value.ending is Ending.EXPIRED


@pytest.mark.parametrize(("kind", "words"), [("dingtalk", "用户拒绝了授权"), ("feishu", "access_denied: it is denied")])
async def test_a_person_who_says_no_ends_it(kind, words):
    async with KINDS[kind][1](state="denied") as fake, ClientSession() as http:
        flow = flow_at(kind, fake, http)
        with pytest.raises(SetUpEnded) as ended:
            await obtain(flow, await flow.begin(), patience_seconds=0.0)

    assert (ended.value.ending, ended.value.detail) == (Ending.DENIED, words)


async def test_who_said_no_at_dingtalk_may_scan_once_more():
    async with FakeRegistration(state="denied") as fake, ClientSession() as http:
        flow = flow_at("dingtalk", fake, http)
        offer = await flow.begin()
        waits = []

        async def pause(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                fake.state = "confirmed"

        got = await obtain(flow, offer, pause=pause)

    assert got.options == {"client_id": "dingabc123"}


@every
async def test_a_platform_that_fails_for_a_moment_is_asked_again_and_one_that_stays_away_is_told(kind):
    async with KINDS[kind][1](state="confirmed") as fake, ClientSession() as http:
        flow = flow_at(kind, fake, http)
        offer = await flow.begin()
        fake.fails = 2
        got = await obtain(flow, offer)
        fake.fails = 99
        with pytest.raises(ChannelDown, match="answers 502"):
            await obtain(flow, offer, patience_seconds=0.0)

    assert got.options == KINDS[kind][2]


async def test_a_platform_that_is_asked_too_fast_is_asked_more_slowly():
    async with FakeAccounts(interval=30.0) as fake, ClientSession() as http:
        flow = flow_at("feishu", fake, http)
        await flow.begin()
        first = flow.interval_seconds
        too_fast = await flow.ask()

    assert (first, too_fast, flow.interval_seconds) == (30.0, None, 35.0)


async def test_a_company_of_lark_is_asked_for_at_lark():
    async with (
        FakeAccounts(brand="lark", state="confirmed", interval=0.0) as accounts,
        FakeAccounts(brand="lark", here="lark", state="confirmed") as lark,
        ClientSession() as http,
    ):
        flow = feishu.set_up(http, {"feishu": accounts.url, "lark": lark.url}, {})
        got = await obtain(flow, await flow.begin(), pause=_at_once)
        direct = feishu.set_up(http, {"feishu": accounts.url, "lark": lark.url}, {"domain": "lark"})
        offer = await direct.begin()

    assert got.options == {"app_id": "cli_a1b2c3d4e5f6", "domain": "lark"}
    assert (accounts.asked, lark.asked) == (1, 1)
    assert offer.link.startswith(lark.url)


async def _at_once(_: float) -> None:
    return None


def registration_of_the_kit():
    """That module of the SDK alone: all of it takes seconds to load."""
    [folder] = importlib.util.find_spec("lark_oapi").submodule_search_locations
    place = Path(folder) / "scene" / "registration"
    spec = importlib.util.spec_from_file_location(
        "registration", place / "__init__.py", submodule_search_locations=[str(place)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["registration"] = module
    spec.loader.exec_module(module)
    return module


async def test_the_link_of_feishu_asks_for_the_scopes_as_the_platforms_own_kit_writes_them():
    async with FakeAccounts() as fake, ClientSession() as http:
        offer = await flow_at("feishu", fake, http).begin()
    theirs = registration_of_the_kit()._RegistrationFlow(None, None, "nexora", "", "", {"name": "Nexora"}, feishu.ADDED)

    assert added_by(offer.link) == feishu.ADDED
    guide = (Path(__file__).parents[2] / "docs/channels/feishu.md").read_text(encoding="utf-8")
    [pasted] = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)[:1]
    assert json.loads(pasted)["scopes"]["tenant"] == list(feishu.SCOPES)
    assert parse_qs(urlsplit(offer.link).query) == parse_qs(urlsplit(theirs._build_qr_url(fake.links[0])).query)


async def test_a_platform_that_gives_no_secrets_by_code_says_so():
    async with FakeAccounts(methods=("private_key_jwt",)) as fake, ClientSession() as http:
        with pytest.raises(SetUpEnded, match="gives out no secrets"):
            await flow_at("feishu", fake, http).begin()


async def test_a_source_that_dingtalk_does_not_know_is_told_in_its_words():
    async with FakeRegistration(sources=()) as fake, ClientSession() as http:
        with pytest.raises(SetUpEnded, match=r"不合法的参数 source \(40035\)"):
            await flow_at("dingtalk", fake, http).begin()


async def test_a_secret_that_our_key_does_not_open_is_told_and_not_taken():
    async with FakePortal(state="confirmed", seals_with=bytes(32)) as fake, ClientSession() as http:
        flow = flow_at("qq", fake, http)
        with pytest.raises(SetUpEnded, match="cannot be opened with our key"):
            await obtain(flow, await flow.begin())


async def test_an_address_that_no_phone_opens_is_not_shown():
    async with FakeMaker() as fake, ClientSession() as http:
        url, fake.url = fake.url, "javascript:"
        with pytest.raises(SetUpEnded, match="no address to scan"):
            await wecom.set_up(http, {"wecom": url}, {}).begin()
