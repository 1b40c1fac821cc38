"""Channels added in the console: a code that is waited for, a form that is checked, the settings and the record."""

import asyncio
import re

import pytest
import pytest_asyncio
import yaml

from channels.feishu import options as feishu_options
from gateway.web.console import routes as console_pages
from governance.people.people import Role
from tests.platforms.feishu.server import SECRET, FakeFeishu
from tests.platforms.feishu.set_up import FakeAccounts
from tests.platforms.feishu.town import APP as APP_ID
from tests.platforms.mattermost.server import TOKEN, FakeMattermost
from tests.unit.web.stage import open_stage

HTML, PART = {"Accept": "text/html"}, {"Accept": "text/html", "HX-Request": "true"}
APP = (APP_ID, SECRET)


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


@pytest.fixture
def file(tmp_path):
    return tmp_path / "nexora.yaml"


async def settled(web, visitor, place: str):
    """The page once nobody waits any more, as its script asks for it."""
    async with asyncio.timeout(20):
        await web.parts.set_ups.of(visitor.person, place.rpartition("/")[2]).task
    return await visitor("GET", place, headers=PART)


async def begun(visitor, **fields: str) -> str:
    return (await visitor("POST", "/channels/add", data={"kind": "feishu", **fields})).headers["Location"]


async def test_a_code_is_shown_waited_for_and_becomes_a_channel(web, file, monkeypatch):
    root, other = await web.visitor("root", Role.ADMIN), await web.visitor("carol", Role.ADMIN)
    platform = FakeFeishu()
    await platform.start()
    monkeypatch.setitem(feishu_options.DOMAINS, "lark", platform.base)
    async with (
        FakeAccounts(brand="lark", app=APP) as accounts,
        FakeAccounts(brand="lark", here="lark", state="confirmed", app=APP) as lark,
    ):
        file.write_text(f"# mine\nonboarding:\n  hosts: {{feishu: '{accounts.url}', lark: '{lark.url}'}}\n")
        place = await begun(root, name="work")
        page = (await root("GET", place, headers=HTML)).text
        foreign = await other("GET", place, headers=HTML)
        accounts.state = "confirmed"
        done = await settled(web, root, place)
    await platform.stop()
    again = await root("POST", "/channels/add", data={"kind": "feishu", "name": "work"}, headers=HTML)
    events = await web.parts.store.fetch(
        "select actor_name, resource, detail::text from nexora_audit_events where tag = 'web:channel:added'"
    )

    assert "Scan this with Feishu or Lark" in page
    assert re.search(r'<div class="qr"><svg [^>]*class="code"', page)
    assert f'hx-get="{place}" hx-trigger="every 2s"' in page
    assert "The code counts for 10 min." in page
    assert foreign.status == 404
    assert done.status == 286
    assert "The platform takes these settings." in done.text
    assert "Start Nexora again, and the channel connects." in done.text
    entry = yaml.safe_load(file.read_text())["channels"]["work"]
    secret = {"file": "secrets/work.app_secret"}
    assert entry == {"kind": "feishu", "app_id": APP[0], "domain": "lark", "app_secret": secret}
    assert file.read_text().startswith("# mine\n")
    assert (file.parent / "secrets" / "work.app_secret").read_text() == f"{APP[1]}\n"
    assert APP[1] not in done.text + file.read_text() + str([dict(row) for row in events])
    assert [(row["actor_name"], row["resource"]) for row in events] == [("root", "work")]
    assert "There is a channel named work already" in again.text


async def test_what_is_declined_is_told_in_each_language_and_another_code_can_be_had(web, file):
    root = await web.visitor("root", Role.ADMIN)
    await web.parts.store.fetch("update nexora_users set language = 'zh' where name = 'root'")
    async with FakeAccounts(state="denied") as accounts:
        file.write_text(f"onboarding:\n  hosts: {{feishu: '{accounts.url}'}}\n")
        before = file.read_text()
        ended = await settled(web, root, await begun(root))
        accounts.state = "waiting"
        place = await begun(root)
        page = (await root("GET", place, headers=HTML)).text

    assert "手机上已拒绝。 access_denied: it is denied" in ended.text
    assert 'name="kind" value="feishu"' in ended.text
    assert "请用飞书或 Lark 扫码" in page
    assert file.read_text() == before


async def test_a_form_says_what_is_wrong_asks_the_platform_and_keeps_the_secret_apart(web, file):
    root = await web.visitor("root", Role.ADMIN)
    fake = FakeMattermost()
    await fake.start()
    where = (await root("POST", "/channels/add", data={"kind": "mattermost", "name": ""})).headers["Location"]
    empty = (await root("GET", where, headers=HTML)).text

    async def post(**fields: str) -> str:
        sent = {"kind": "mattermost", "name": "team", "token": TOKEN, **fields}
        return (await root("POST", "/channels/add/form", data=sent, headers=HTML)).text

    wrong = await post(url="chat.example.org")
    refused = await post(url=fake.base, token="another-token")
    unwritten = file.exists()
    added = await post(url=fake.base)
    await fake.stop()

    assert 'name="token" type="password" autocomplete="off" required' in empty
    assert "Where the server is, as https://chat.example.org; with its subpath if it has one." in empty
    assert 'value="mattermost" required' in empty
    assert "must begin with https:// or http://" in wrong
    assert 'value="chat.example.org"' in wrong
    assert "The platform does not take these settings yet:" in refused
    assert 'name="despite"' in refused
    assert TOKEN not in wrong + refused + added
    assert not unwritten
    assert "The platform takes these settings." in added
    assert yaml.safe_load(file.read_text())["channels"] == {
        "team": {"kind": "mattermost", "url": fake.base, "token": {"file": "secrets/team.token"}}
    }


async def test_values_that_the_platform_does_not_take_are_kept_when_somebody_insists(web, file):
    root = await web.visitor("root", Role.ADMIN)
    fields = {"kind": "mattermost", "name": "team", "token": "abcdef", "url": "http://127.0.0.1:9", "despite": "yes"}
    added = (await root("POST", "/channels/add/form", data=fields, headers=HTML)).text

    assert "The platform does not take these settings yet:" in added
    assert "team" in yaml.safe_load(file.read_text())["channels"]


async def test_settings_that_cannot_be_written_lose_no_secret_and_show_the_lines(web, file):
    root = await web.visitor("root", Role.ADMIN)
    file.write_text("channels: {old: {kind: qq}}\n")
    fields = {"kind": "mattermost", "name": "team", "token": "abcdef", "url": "http://127.0.0.1:9", "despite": "yes"}
    page = (await root("POST", "/channels/add/form", data=fields, headers=HTML)).text

    assert "is written in a way that nothing can be put into" in page
    assert "token: {file: secrets/team.token}" in page
    assert (file.parent / "secrets" / "team.token").read_text() == "abcdef\n"


async def test_adding_is_for_admins_and_for_pages_of_ours(web, file):
    alice, root = await web.visitor("alice"), await web.visitor("root", Role.ADMIN)
    fields = {"kind": "mattermost", "name": "team", "token": "abcdef", "url": "http://127.0.0.1:9", "despite": "yes"}
    statuses = [
        (await alice("GET", "/channels/add", headers=HTML)).status,
        (await alice("POST", "/channels/add", data=fields, headers=HTML)).status,
        (await alice("POST", "/channels/add/form", data=fields, headers=HTML)).status,
        (await root("POST", "/channels/add/form", data=fields, headers={"Sec-Fetch-Site": "cross-site"})).status,
        (await root("POST", "/channels/add/form", data={"kind": "console"}, headers=HTML)).status,
    ]
    page = (await root("GET", "/channels/add", headers=HTML)).text

    assert statuses == [403, 403, 403, 403, 404]
    assert not file.exists()
    assert '<option value="feishu">feishu · by a code to scan</option>' in page
    assert 'value="console"' not in page
