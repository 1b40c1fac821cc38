"""The settings: where they come from, what is said when they are wrong, and that the example shows every one."""

import re
from argparse import Namespace
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from agents.models.providers.settings import ProviderSettings
from channels.running import catalogue
from gateway.run import check
from gateway.settings import sources as settings_sources
from gateway.settings.model import OTHER_VARIABLES, ROOT, VARIABLES, Group, Settings
from gateway.settings.sources import SettingsWrong, examine, load

EXAMPLE = ROOT / "config" / "nexora.example.yaml"
SECRET = "xoxb-this-must-never-be-shown"


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> dict[str, str]:
        (tmp_path / "nexora.yaml").write_text(text, encoding="utf-8")
        return {"NEXORA_CONFIG": str(tmp_path / "nexora.yaml")}

    return write


def told(environ: dict[str, str]) -> list[str]:
    _, problems = examine(environ)
    return [str(problem).removeprefix(environ.get("NEXORA_CONFIG", "")) for problem in problems]


def test_without_a_file_the_defaults_hold(tmp_path):
    configuration = load({"NEXORA_HOME": str(tmp_path)})

    assert configuration.settings.home == tmp_path
    assert configuration.settings.public_url == "http://127.0.0.1:8088"
    assert configuration.settings.dsn is None


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(write):
    environ = write("server: {host: 0.0.0.0, port: 1}\nagents: {max_active: 3}")

    settings = load({**environ, "NEXORA_PORT": "2"}).settings

    assert (settings.server.host, settings.server.port, settings.agents.max_active) == ("0.0.0.0", 2, 3)
    assert settings.agents.idle_seconds == 3600


@pytest.mark.parametrize(
    ("host", "reached"),
    [("::1", "http://[::1]:8099"), ("10.0.0.5", "http://10.0.0.5:8099"), ("::", "http://[::]:8099")],
)
def test_the_address_of_the_port_that_was_taken_can_be_opened(host, reached):
    assert Settings(server={"host": host, "port": 0}).reached_at(8099) == reached


@pytest.mark.parametrize("url", ["https://corp.example/nexora", "https://corp.example/nexora/", "http://a.example//b"])
def test_a_public_address_below_a_path_is_refused_with_what_to_do(write, url):
    [problem] = told(write(f"server: {{public_url: '{url}'}}"))

    assert "server.public_url" in problem
    assert "give Nexora a host name of its own" in problem


def test_a_public_address_may_end_with_a_slash(write):
    configuration = load(write("server: {public_url: 'https://corp.example/'}"))

    assert configuration.settings.public_url == "https://corp.example"


def test_an_empty_variable_counts_as_unset(write):
    assert load({**write("server: {port: 1}"), "NEXORA_PORT": ""}).settings.server.port == 1


@pytest.mark.parametrize("number", [".inf", ".nan"])
def test_a_limit_that_is_no_number_is_refused_and_never_none(write, number):
    problems = told(write(f"bus: {{message_ttl_seconds: {number}}}\nagents: {{idle_seconds: {number}}}"))

    assert len(problems) == 2
    assert all("finite number" in problem for problem in problems)


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("kind: telegram, token: '123456789'", "token is wrong: is not the whole token of BotFather"),
        (
            "kind: telegram, token: $TELEGRAM_TOKEN",
            "the name of a variable, which is not looked up here: write {env: T",
        ),
        ("kind: telegram, token: '123456789:AA…'", "a placeholder and no token"),
        ("kind: slack, bot_token: xapp-1, app_token: xapp-1", "bot_token holds an app-level token"),
        ("kind: slack, bot_token: '123:abc', app_token: xapp-1", "which begins with xoxb-"),
        ("kind: slack, bot_token: xoxb-1, app_token: abc", "which begins with xapp-"),
        ("kind: discord, token: your-token", "a placeholder and no token"),
        ("kind: mattermost, url: 'https://m.example', token: <token>", "a placeholder and no token"),
        ("kind: qq, app_id: '102000000', secret: 'a b'", "holds a blank"),
        ("kind: dingtalk, client_id: dingabc, client_secret: 钥匙", "a character that no token has"),
        ("kind: feishu, app_id: cli_a1, app_secret: xxxxxxxxxx", "a placeholder and no token"),
        ("kind: wecom, bot_id: aib1, secret: '${WECOM}'", "write {env: WECOM}"),
    ],
)
def test_a_token_that_cannot_be_one_is_told_by_its_channel_and_not_shown(write, channel, said):
    [problem] = told(write(f"channels: {{here: {{{channel}}}}}"))

    assert said in problem


def test_a_key_of_a_model_that_cannot_be_one_is_told(write, monkeypatch):
    [problem] = told(write("models: {providers: {openai: {api_key: 'sk-1 sk-2'}}}"))
    monkeypatch.setenv("OPENAI_API_KEY", "your-api-key")
    rows = [row for row in check.examine() if row.what == "models"]

    assert "holds a blank" in problem
    assert [(row.is_well, row.says) for row in rows] == [
        (False, "OPENAI_API_KEY is a placeholder and no token: put the real one in its place")
    ]


def test_a_model_whose_provider_nobody_knows_or_that_has_no_key_is_told(write, monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    labels = "opnai/gpt-5, openai/gpt-5, bedrock/x, own/m, ollama/qwen, rehearsal"
    own = "providers: {own: {base_url: 'https://m.example/v1'}}"
    monkeypatch.setenv("NEXORA_CONFIG", write(f"models: {{use: [{labels}], {own}}}")["NEXORA_CONFIG"])
    rows = [row.says for row in check.examine() if row.what == "models"]

    assert rows == [
        "opnai/gpt-5: no provider is named opnai (did you mean openai?); one of your own needs its base_url",
        "openai/gpt-5 has no key: set OPENAI_API_KEY",
    ]


def test_a_file_in_the_data_folder_is_found(tmp_path):
    (tmp_path / "nexora.yaml").write_text("server: {port: 7}")

    assert load({"NEXORA_HOME": str(tmp_path)}).settings.server.port == 7


def test_relative_paths_count_from_the_folder_of_the_file(write, tmp_path):
    (tmp_path / "token").write_text("123:abc\n")
    environ = write("home: data\nchannels: {t: {kind: telegram, token: {file: token}}}")

    configuration = load(environ)

    assert configuration.settings.home == tmp_path / "data"
    assert configuration.channels["t"].options.token.get_secret_value() == "123:abc"


@pytest.mark.parametrize(
    ("given", "groups"),
    [("", None), (", groups: []", frozenset()), (", groups: [-100123, ops]", frozenset({"-100123", "ops"}))],
)
def test_a_channel_may_hear_only_some_groups(write, given, groups):
    environ = write(f"channels: {{t: {{kind: telegram, token: 1:a{given}}}}}")

    assert load(environ).channels["t"].groups == groups


def test_everything_wrong_is_told_at_once_with_line_place_and_suggestion(write):
    environ = write(
        "server:\n  prt: 80\n  port: high\n  trusted_proxies: [10.0.0.0/8, x]\ndatabse: {}\nbus: [1]\n"
        "channels:\n  t: {kind: telegrm}\n  s:\n    kind: telegram\n    token: 1:a\n    tokn: a\n"
        "  Bad: {kind: telegram}\n"
    )

    lines = told(environ)

    assert ":2: server.prt is not a setting; did you mean server.port?" in lines
    assert any(line.startswith(":3: server.port is wrong: input should be a valid integer") for line in lines)
    assert any(line.startswith(":4: server.trusted_proxies[1] is wrong") for line in lines)
    assert ":5: databse is not a setting; did you mean database?" in lines
    assert ":6: bus must hold settings as key: value lines" in lines
    assert ":8: channels.t.kind is wrong: there is no channel kind 'telegrm'; did you mean telegram?" in lines
    assert ":12: channels.s.tokn is not a setting; did you mean channels.s.token?" in lines
    assert any(line.startswith(":13: channels.Bad must be named with small letters") for line in lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1\nb: 2\n", " is not valid YAML: line 2, column 2: expected ',' or ']', but got ':'"),
        ("home: a\nserver: {}\nhome: b\n", ":3: home is given twice"),
        ("- home\n", " must hold settings as key: value lines"),
    ],
)
def test_broken_yaml_is_told_with_its_place(write, text, says):
    assert told(write(text)) == [says]


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "nexora.yaml").write_bytes(b"home: \xff")

    assert told({"NEXORA_CONFIG": str(tmp_path / "nexora.yaml")}) == [" is not UTF-8 text: byte 6 is wrong"]


def test_a_named_file_that_is_missing_is_told(tmp_path):
    assert told({"NEXORA_CONFIG": str(tmp_path / "none.yaml")}) == [" cannot be read: No such file or directory"]


def test_a_wrong_variable_is_named(tmp_path):
    lines = told({"NEXORA_HOME": str(tmp_path), "NEXORA_PORT": "x", "NEXORA_DB_URI": "y"})

    assert lines[0].startswith("NEXORA_PORT (server.port) is wrong: input should be a valid integer")
    assert lines[1] == "NEXORA_DB_URI is not read by anything; did you mean NEXORA_DB_URL?"


def test_a_variable_that_holds_a_secret_of_the_file_is_not_suspected(write, monkeypatch):
    monkeypatch.setenv("NEXORA_HOSTS", "1:a")
    environ = write("channels: {t: {kind: telegram, token: {env: NEXORA_HOSTS}}}")

    assert told({**environ, "NEXORA_HOSTS": "1:a"}) == []
    assert told({**write(""), "NEXORA_HOSTS": "1:a"}) != []


@pytest.mark.parametrize(
    "text",
    [
        f"channels: {{t: {{kind: telegram, token: [{SECRET}]}}}}",
        f"channels: {{t: {{kind: telegram, token: {{evn: {SECRET}}}}}}}",
        f"channels: {{t: {{kind: telegram, token: 1:a, api_url: {SECRET}}}}}",
        f"database: {{url: 'mysql://nexora:{SECRET}@db/nexora'}}",
        f"database: {{url: {{{SECRET}: 1}}}}",
        f"models: {{providers: {{openai: {{api_key: [{SECRET}]}}}}}}",
    ],
)
def test_a_secret_is_never_repeated(write, text):
    configuration, problems = examine(write(text))

    assert problems
    assert SECRET not in "\n".join(str(problem) for problem in problems)
    assert SECRET not in repr(configuration)


def test_inner_servers_are_hosts_with_ports(write):
    settings = load(write("egress:\n  allow: ['wiki.corp:443', '[fd00::5]:8080']\n")).settings

    assert settings.egress.allow == ("wiki.corp:443", "[fd00::5]:8080")
    with pytest.raises(SettingsWrong, match=r"wiki\.corp is not host:port"):
        load(write("egress:\n  allow: [wiki.corp]\n"))


def test_a_secret_does_not_show_in_the_settings(write):
    configuration = load(write(f"database: {{url: 'postgresql://nexora:{SECRET}@db/nexora'}}"))

    assert SECRET not in repr(configuration)
    assert configuration.settings.dsn == f"postgresql://nexora:{SECRET}@db/nexora"


def test_a_channel_without_its_token_is_down_and_the_rest_can_run(write):
    configuration = load(write("channels: {t: {kind: telegram}, u: {kind: telegram, token: {env: NOT_SET_AT_ALL}}}"))

    assert configuration.channels["t"].options is None
    assert configuration.channels["t"].problems == ("channels.t.token is missing",)
    assert "the environment variable NOT_SET_AT_ALL is not set" in configuration.channels["u"].problems[0]


def test_check_prints_a_table_and_fails_when_something_is_wrong(write, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("NEXORA_CONFIG", write("server: {prt: 1}")["NEXORA_CONFIG"])

    assert check.check(Namespace(online=False)) == 1
    assert "WRONG  settings" in capsys.readouterr().out


def test_check_is_content_with_the_defaults(capsys, monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NEXORA_HOME", str(tmp_path / "new"))

    assert check.check(Namespace(online=False)) == 0
    assert not (tmp_path / "new").exists()
    assert capsys.readouterr().out.endswith("Everything is well.\n")


# --- The example ----------------------------------------------------------------------------------------------------


def uncommented() -> str:
    """The example with every setting taken out of its comment: `#key` and `#  key`, while prose begins with `# x`."""
    return re.sub(r"^#(?=\w|  +\w+:)", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "TELEGRAM_TOKEN": "1:a"}


def whole_example(monkeypatch) -> dict[str, Any]:
    text = uncommented()
    for name in re.findall(r"env: (\w+)", text):
        monkeypatch.setenv(name, TOKENS.get(name, "xapp-1"))
    data = yaml.safe_load(text)
    assert isinstance(data, dict)
    return data


def missing(model: type[BaseModel], data: Any, place: str = "") -> list[str]:
    """Settings of a group that the data does not show, by place."""
    absent = []
    for name, field in model.model_fields.items():
        here = f"{place}.{name}".lstrip(".")
        if not isinstance(data, dict) or name not in data:
            absent.append(here)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            absent += missing(field.annotation, data[name], here)
    return absent


def test_the_example_shows_every_setting(monkeypatch):
    data = whole_example(monkeypatch)

    assert missing(Settings, data) == []


def test_the_example_shows_every_option_of_every_channel(monkeypatch):
    shown = {entry["kind"]: entry for entry in whole_example(monkeypatch)["channels"].values()}

    for kind in catalogue.kinds():
        options = catalogue.load(kind).Options
        needed = options.model_fields
        assert not needed or kind in shown, f"the example has no channel of kind {kind}"
        assert set(needed) - set(shown.get(kind, {})) == set(), f"options of {kind} that the example lacks"


def test_the_example_shows_every_setting_of_a_provider(monkeypatch):
    example = whole_example(monkeypatch)["models"]["providers"]["example"]

    assert missing(ProviderSettings, example) == []


def test_the_example_is_right_with_everything_switched_on(monkeypatch, tmp_path):
    whole_example(monkeypatch)
    (tmp_path / "nexora.yaml").write_text(uncommented(), encoding="utf-8")

    _, problems = examine({"NEXORA_CONFIG": str(tmp_path / "nexora.yaml")})

    assert [str(problem) for problem in problems] == []


def test_the_values_in_the_example_are_the_defaults(monkeypatch, tmp_path):
    shown = settings_sources.read(EXAMPLE)
    assert shown.data == {}

    data = {key: value for key, value in whole_example(monkeypatch).items() if key not in {"channels", "models"}}
    del data["database"]["url"]
    defaults = Settings()
    given = Settings.model_validate(data, context={"base": EXAMPLE.parent})

    assert given == defaults


def test_every_variable_stands_in_the_example():
    text = EXAMPLE.read_text(encoding="utf-8")

    for name in {*VARIABLES, *OTHER_VARIABLES} - {"NEXORA_TEST_REQUIRE_ALL"}:
        assert re.search(rf"^#   {name} ", text, flags=re.MULTILINE), name


def test_every_variable_that_the_code_reads_is_known():
    sources = [
        path for folder in ("gateway", "agents", "channels", "governance") for path in (ROOT / folder).rglob("*.py")
    ]
    read = {name for path in sources for name in re.findall(r"\bNEXORA_[A-Z_]+\b", path.read_text(encoding="utf-8"))}

    assert read - {*VARIABLES, *OTHER_VARIABLES} == set()


def groups(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A group of settings and every group inside it."""
    inner = [field.annotation for field in model.model_fields.values()]
    return [
        model,
        *(one for each in inner if isinstance(each, type) and issubclass(each, Group) for one in groups(each)),
    ]


def test_every_field_says_what_it_is():
    fields = [(group.__name__, name, field) for group in groups(Settings) for name, field in group.model_fields.items()]

    assert len(fields) > 20
    assert [(group, name) for group, name, field in fields if not field.description] == []
