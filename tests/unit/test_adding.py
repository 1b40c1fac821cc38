"""Channels put into the settings file and taken out of it: as text, with everything else as it was."""

import stat
from pathlib import Path

import pytest
import yaml

from gateway.settings import adding
from gateway.settings.adding import ChannelNotAdded

OPTIONS = {"app_id": "102000", "api_url": "https://a.example/#x", "prompts": ["你好", "yes"]}


def put(home: Path, text: str | None, name: str = "new") -> str:
    """The file after a channel was added to it."""
    file = home / "nexora.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    kept = adding.keep_secrets(home, name, {"secret": "s3cr3t"})
    adding.write(adding.added(file, name, "qq", OPTIONS, kept), "20261130T120000")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "# only a comment\n#channels:\n#  old: {}\n",
        "server:\n  port: 1 # mine",
        "channels:\nserver:\n  port: 1\n",
        "channels: {} # none yet\nserver:\n  port: 1\n",
        "channels: null\n",
        "a: |\n  text\n  channels:\nchannels:\n\n    # the old one\n    old:   # here\n        kind: qq\n# end\n",
        "channels: # ours\n  old: {kind: qq, secret: {env: X}}\nlog: {level: debug}\n",
    ],
)
def test_every_line_stays_and_the_channel_stands_beside_what_was_there(tmp_path, text):
    before = yaml.safe_load(text or "") or {}
    after = put(tmp_path, text)
    entry = {"kind": "qq", **OPTIONS, "secret": {"file": "secrets/new.secret"}}

    assert yaml.safe_load(after) == {**before, "channels": {**(before.get("channels") or {}), "new": entry}}
    kept = [line for line in (text or "").splitlines() if not line.startswith("channels:")]
    assert [line for line in after.splitlines() if line in kept] == kept
    assert "none yet" in after or "none yet" not in (text or "")
    assert "s3cr3t" not in after


@pytest.mark.parametrize("text", ["channels: {old: {kind: qq}}\n", "{channels: {}, log: {level: debug}}\n"])
def test_what_cannot_be_edited_as_text_is_left_and_the_block_shown(tmp_path, text):
    with pytest.raises(ChannelNotAdded, match=r"Add below channels:\nnew:\n  kind: qq"):
        put(tmp_path, text)

    assert (tmp_path / "nexora.yaml").read_text() == text
    assert (tmp_path / "secrets" / "new.secret").read_text() == "s3cr3t\n"


def test_a_copy_of_the_file_stays_with_its_mode_and_the_secret_is_its_owners_alone(tmp_path):
    file = tmp_path / "nexora.yaml"
    file.write_text("log: {}\n")
    file.chmod(0o640)
    put(tmp_path, None)

    assert file.with_name("nexora.yaml.20261130T120000.bak").read_text() == "log: {}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "secrets" / "new.secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "nexora.yaml",
        "nexora.yaml.20261130T120000.bak",
        "secrets",
    ]


def test_a_secret_never_takes_the_place_of_another(tmp_path):
    first = adding.keep_secrets(tmp_path, "new", {"secret": "one"})
    second = adding.keep_secrets(tmp_path, "new", {"secret": "two"})

    assert [path.read_text() for path in (first["secret"], second["secret"])] == ["one\n", "two\n"]


def test_a_file_that_somebody_else_changes_meanwhile_is_left_to_them(tmp_path):
    file = tmp_path / "nexora.yaml"
    edit = adding.added(file, "new", "qq", {}, {})
    file.write_text("log: {level: debug}\n")

    with pytest.raises(ChannelNotAdded, match="changed"):
        adding.write(edit, "now")
    assert file.read_text() == "log: {level: debug}\n"


def test_a_file_that_cannot_be_written_stays_and_leaves_no_copy_behind(tmp_path):
    file = tmp_path / "nexora.yaml"
    file.write_text("log: {}\n")
    (tmp_path / ".nexora.yaml.now").mkdir()

    with pytest.raises(ChannelNotAdded, match=r"nexora.yaml cannot be written: File exists\."):
        adding.write(adding.added(file, "new", "qq", {}, {}), "now")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".nexora.yaml.now", "nexora.yaml"]
    assert file.read_text() == "log: {}\n"


def test_a_file_with_ends_of_lines_of_another_system_keeps_them(tmp_path):
    file = tmp_path / "nexora.yaml"
    file.write_bytes(b"log:\r\n  level: debug\r\n")
    adding.write(adding.added(file, "new", "qq", {}, {}), "now")

    assert file.read_bytes().startswith(b"log:\r\n  level: debug\r\n")


@pytest.mark.parametrize("name", ["", "9lives", "Work", "a b", "console", "old", "x" * 33])
def test_a_name_that_none_can_have_is_refused(name):
    with pytest.raises(ChannelNotAdded):
        adding.refuse_name(name, {"old": {}})


def test_a_channel_that_is_taken_out_leaves_the_others_and_their_comments(tmp_path):
    text = (
        "# mine\nchannels:\n  # first\n  one:\n    kind: qq\n  two:\n    kind: qq\n    groups: [a]\n\n# log\nlog: {}\n"
    )
    file = tmp_path / "nexora.yaml"
    file.write_text(text)
    adding.write(adding.removed(file, "two"), "a")
    between = file.read_text()
    adding.write(adding.removed(file, "one"), "b")

    assert between == text.replace("  two:\n    kind: qq\n    groups: [a]\n", "")
    assert file.read_text() == "# mine\nchannels:\n  # first\n\n# log\nlog: {}\n"
    with pytest.raises(ChannelNotAdded, match="names no channel one"):
        adding.removed(file, "one")
