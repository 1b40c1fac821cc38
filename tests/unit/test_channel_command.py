"""`nexora channel`, as somebody at a terminal runs it: a code or a form, the settings, the record."""

import asyncio
import io
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import yaml

from channels.dingtalk import set_up as dingtalk
from channels.feishu import options as feishu_options
from channels.qq import set_up as qq
from channels.wecom import set_up as wecom
from gateway.run import log
from gateway.run.cli import main
from gateway.settings import sources
from tests.platforms.dingtalk import driver as dingtalk_driver
from tests.platforms.dingtalk.set_up import FakeRegistration
from tests.platforms.feishu.server import SECRET, FakeFeishu
from tests.platforms.feishu.set_up import FakeAccounts
from tests.platforms.feishu.town import APP as APP_ID
from tests.platforms.mattermost.server import TOKEN, FakeMattermost
from tests.platforms.qq import driver as qq_driver
from tests.platforms.qq.set_up import FakePortal
from tests.platforms.wecom import driver as wecom_driver
from tests.platforms.wecom.set_up import FakeMaker

APP = (APP_ID, SECRET)
MADE = {"dingtalk": "robot", "qq": "bot", "wecom": "bot"}


@dataclass
class Terminal:
    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def file(self) -> Path:
        return self.home / "nexora.yaml"

    def settings(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")

    async def __call__(self, *words: str, typed: str = "") -> tuple[int, str]:
        """Run the command while somebody types these lines; the exit code, and all that was printed."""
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        status = await asyncio.to_thread(main, ["channel", *words])
        printed = self.capsys.readouterr()
        return status, printed.out + printed.err


@pytest.fixture
def terminal(dsn, tmp_path, capsys, monkeypatch):
    for name, value in {"NEXORA_HOME": str(tmp_path), "NEXORA_DB_URL": dsn, "LANG": "en_US.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    for name in ("LC_ALL", "LC_MESSAGES", "NEXORA_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(log, "configure", lambda *_: None)  # where events go is for a whole process
    return Terminal(tmp_path, capsys, monkeypatch)


@pytest.fixture
async def rows(dsn):
    connection = await asyncpg.connect(dsn)
    yield connection.fetch
    await connection.close()


async def test_a_scanned_code_adds_a_channel_that_the_platform_takes(terminal, rows):
    async with FakeAccounts(confirms_after=1, app=APP) as accounts:
        platform = FakeFeishu()
        await platform.start()
        terminal.settings(f"# mine\nonboarding:\n  hosts: {{feishu: '{accounts.url}'}}\n")
        said = await terminal("add", "feishu", "--name", "work", "--set", f"domain={platform.base}", typed="\n")
        await platform.stop()
    status, printed = said
    channel = sources.load({"NEXORA_HOME": str(terminal.home)}).channels["work"]
    (line,) = await rows("select tag, resource, detail::text from nexora_audit_events where tag like '%channel%'")

    assert status == 0
    assert "Scan this with Feishu or Lark" in printed
    assert f"Or open it on the phone: {accounts.links[0]}" in printed
    assert "▀" in printed
    assert "The platform takes these settings." in printed
    assert channel.options.app_secret.get_secret_value() == APP[1]
    assert "app_secret: {file: secrets/work.app_secret}" in terminal.file.read_text()
    assert terminal.file.read_text().startswith("# mine\nonboarding:")
    assert stat.S_IMODE((terminal.home / "secrets" / "work.app_secret").stat().st_mode) == 0o600
    assert APP[1] not in printed + terminal.file.read_text() + line["detail"]
    assert (line["tag"], line["resource"]) == ("cli:channel:added", "work")


@pytest.mark.parametrize(
    ("kind", "driver", "maker", "own", "secret"),
    [
        ("dingtalk", dingtalk_driver, FakeRegistration, "client_id", "client_secret"),
        ("qq", qq_driver, FakePortal, "app_id", "secret"),
        ("wecom", wecom_driver, FakeMaker, "bot_id", "secret"),
    ],
)
async def test_each_platform_takes_what_its_own_code_gave(*, terminal, monkeypatch, kind, driver, maker, own, secret):
    for module in (dingtalk, qq, wecom):
        monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.01)
    platform = driver()
    await platform.start()
    options = platform.options("socket")
    async with maker(state="confirmed") as codes:
        setattr(codes, MADE[kind], (options[own], options[secret]))
        terminal.settings(f"onboarding:\n  hosts: {{{kind}: '{codes.url}'}}\n")
        where = [word for name in options if name.endswith("_url") for word in ("--set", f"{name}={options[name]}")]
        status, printed = await terminal("add", kind, "--yes", *where)
    await platform.stop()
    entry = yaml.safe_load(terminal.file.read_text())["channels"][kind]

    assert (status, "The platform takes these settings." in printed) == (0, True), printed
    assert (entry[own], entry[secret]) == (options[own], {"file": f"secrets/{kind}.{secret}"})
    assert options[secret] not in printed


async def test_a_company_of_lark_is_written_as_one(terminal, monkeypatch):
    platform = FakeFeishu()
    await platform.start()
    monkeypatch.setitem(feishu_options.DOMAINS, "lark", platform.base)
    async with (
        FakeAccounts(brand="lark", app=APP) as accounts,
        FakeAccounts(brand="lark", here="lark", state="confirmed", app=APP) as lark,
    ):
        accounts.state = "confirmed"
        terminal.settings(f"onboarding:\n  hosts: {{feishu: '{accounts.url}', lark: '{lark.url}'}}\n")
        status, printed = await terminal("add", "feishu", "--yes")
    await platform.stop()

    assert (status, "The platform takes these settings." in printed) == (0, True)
    assert yaml.safe_load(terminal.file.read_text())["channels"]["feishu"]["domain"] == "lark"


async def test_what_was_declined_can_be_tried_with_another_code_and_nothing_is_written(terminal):
    async with FakeAccounts(state="denied") as accounts:
        terminal.settings(f"onboarding:\n  hosts: {{feishu: '{accounts.url}'}}\n")
        before = terminal.file.read_text()
        status, printed = await terminal("add", "feishu", typed="y\nn\n")

    assert status == 1
    assert printed.count("It was declined on the phone.") == 2
    assert "Nothing was added; --form asks for the values" in printed
    assert (terminal.file.read_text(), (terminal.home / "secrets").exists()) == (before, False)
    assert len(accounts.links) == 2


async def test_who_does_not_want_it_written_keeps_the_secret_and_sees_the_block(terminal, monkeypatch):
    monkeypatch.setattr(qq, "INTERVAL_SECONDS", 0.01)
    async with FakePortal(state="confirmed") as portal:
        terminal.settings(f"onboarding:\n  hosts: {{qq: '{portal.url}'}}\n")
        words = ("--set", f"token_url={portal.url}", "--set", f"api_url={portal.url}")
        status, printed = await terminal("add", "qq", *words, typed="n\n")

    assert status == 1
    assert "The platform does not take these settings yet:" in printed
    assert "qq:\n  kind: qq\n" in printed
    assert "app_id: '102000123'" in printed
    assert (terminal.home / "secrets" / "qq.secret").read_text() == "DG5g3B4j9X2KOErG\n"


async def test_a_form_asks_again_for_what_is_wrong_and_tries_the_values(terminal):
    fake = FakeMattermost()
    await fake.start()
    typed = f"chat.example.org\n{TOKEN}\n{fake.base}\n\n"
    status, printed = await terminal("add", "mattermost", typed=typed)
    await fake.stop()

    assert status == 0, printed
    assert "Where the server is, as https://chat.example.org; with its subpath if it has one." in printed
    assert "url: must begin with https:// or http://" in printed
    assert "The platform takes these settings." in printed
    assert yaml.safe_load(terminal.file.read_text())["channels"]["mattermost"] == {
        "kind": "mattermost",
        "url": fake.base,
        "token": {"file": "secrets/mattermost.token"},
    }


async def test_names_and_kinds_that_cannot_be_and_secrets_as_arguments_are_refused(terminal):
    terminal.settings("channels:\n  work: {kind: qq, app_id: '1', secret: {env: NOT_SET}}\n")
    before = terminal.file.read_text()
    said = [
        await terminal("add", "qq", "--name", "work"),
        await terminal("add", "qqq"),
        await terminal("add", "console"),
        await terminal("add", "qq", "--set", "secret=abc"),
        await terminal("add", "qq", "--set", "secrets"),
    ]

    assert [status for status, _ in said] == [1, 1, 1, 1, 1]
    assert "There is a channel named work already, and it stays as it is." in said[0][1]
    assert "did you mean qq?" in said[1][1]
    assert "console" in said[2][1]
    assert "secret is a secret, and an argument can be seen by others" in said[3][1]
    assert "--set takes NAME=VALUE with one of: api_url, app_id," in said[4][1]
    assert terminal.file.read_text() == before


async def test_channels_are_listed_and_one_is_taken_out(terminal, rows):
    terminal.settings("channels:\n  one:\n    kind: qq\n    app_id: '1'\n    secret: abcdefg\n  two:\n    kind: qqq\n")
    listed = await terminal("list")
    removed = await terminal("remove", "two")
    again = await terminal("remove", "two")

    assert listed[1].startswith("one\tqq\tcan start\ntwo\tqqq\tchannels.two.kind is wrong")
    assert (removed[0], "two is taken out of the settings" in removed[1]) == (0, True)
    assert terminal.file.read_text() == "channels:\n  one:\n    kind: qq\n    app_id: '1'\n    secret: abcdefg\n"
    assert (again[0], "names no channel two" in again[1]) == (1, True)
    assert [row["tag"] for row in await rows("select tag from nexora_audit_events")] == ["cli:channel:removed"]


async def test_the_words_are_those_of_the_terminal(terminal, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    async with FakeAccounts(state="expired") as accounts:
        terminal.settings(f"onboarding:\n  hosts: {{feishu: '{accounts.url}'}}\n")
        _, printed = await terminal("add", "feishu", typed="n\n")

    assert "请用飞书或 Lark 扫码" in printed
    assert "二维码已失效" in printed


async def test_a_host_that_no_flow_has_is_a_mistake_of_the_settings(terminal):
    terminal.settings("onboarding:\n  hosts: {feishy: 'https://a.example'}\n")
    status, printed = await terminal("add", "feishu")

    assert (status, "did you mean feishu?" in printed) == (1, True)
