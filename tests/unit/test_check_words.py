"""`nexora check` in the language of the machine: each mistake is told in it, without a word of another."""

import re
from argparse import Namespace
from pathlib import Path

import pytest

from channels.home import Home, settle
from channels.text.retold import retold
from gateway.run import check

MISTAKES = """
server: {port: many, prt: 1, public_url: nowhere}
database: {pool: none}
models: {use: [nobody/x], attempts: 0}
agents: {default: nobody, folder: none}
approvals: {policy: none.yaml}
sandbox: {level: some}
language: tlh
channels: {t: {kind: telegram}, u: {kind: telegram, token: {env: NOT_SET_AT_ALL}}, v: {}}
"""
LATER = """
database: {url: 'postgresql://nobody@127.0.0.1:1/none'}
models: {use: [nobdy/x]}
agents: {default: nobody, folder: AGENTS}
approvals: {policy: POLICY}
channels: {t: {kind: telegram}}
"""
POLICY = "rulez: []\n"
AGENT = "instructions: Help.\ntools: [shel]\ncolour: red\n"
NAMES = re.compile(
    r"\[Errno [^。]+|https?://\S+|/\S+|postgresql://\S+|`[^`]+`|\w+(?:\.\w+)+|nexora sandbox add \w+"
    r"|[A-Z]+_[A-Z_]+|\w+/\w+|\w+_\w+"
    r"|'\w+'|可选：.*|可添加 .*|可用的有 .*|此处可用：.*|\b(?:documents|node)\b"
    r"|\b(?:nobody|nobdy|telegram|none|node|t|u|v|kind|prt|port|policy|rulez|rules|shel|shell|colour|python|web)\b"
    r"|\b(?:Nexora|PostgreSQL|YAML|UTF|auto|language|en|de|zh)\b"
)
"""Settings, files, addresses, variables, programs and the words of the system, which every language calls so."""


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, folder: Path, tag: str) -> str:
    (folder / "agents").mkdir(exist_ok=True)
    (folder / "agents" / "one.yaml").write_text(AGENT)
    (folder / "policy.yaml").write_text(POLICY)
    text = text.replace("AGENTS", str(folder / "agents")).replace("POLICY", str(folder / "policy.yaml"))
    (folder / "n.yaml").write_text(f"{text}home: {folder / 'home'}\n")
    monkeypatch.setenv("NEXORA_CONFIG", str(folder / "n.yaml"))
    monkeypatch.setenv("LC_ALL", tag)
    settle(Home())
    assert check.check(Namespace(online=False)) == 1
    settle(Home())
    return capsys.readouterr().out


@pytest.mark.parametrize("text", [MISTAKES, LATER], ids=["settings", "the rest"])
def test_check_speaks_the_language_of_the_machine(capsys, monkeypatch, tmp_path, text):
    chinese = told(capsys, monkeypatch, text, tmp_path, "zh_CN.UTF-8")
    english = told(capsys, monkeypatch, text, tmp_path, "en_GB.UTF-8")

    left = {line: words for line in chinese.splitlines() if (words := re.findall("[A-Za-z]{2,}", NAMES.sub(" ", line)))}
    assert left == {}
    assert not re.search("[一-鿿]", english)
    assert len(chinese.splitlines()) == len(english.splitlines()) > len(text.splitlines())


def test_what_stands_in_a_sentence_is_kept_and_its_reason_retold():
    says = "a.yaml:3: server.port is wrong: input should be a valid integer, unable to parse string as an integer"

    assert retold(says, "zh") == "a.yaml:3: server.port 有误：须为整数"
    assert retold(says, "en") == says
    assert retold("nobody foresaw this", "zh") == "nobody foresaw this"
