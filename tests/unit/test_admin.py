"""The commands beside the gateway, run as an administrator runs them: as processes with an exit code."""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from gateway.run.cli import build_parser, main

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def nexora(dsn, tmp_path):
    async def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("NEXORA_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", *arguments),
            env={**environ, "NEXORA_HOME": str(tmp_path), "NEXORA_DB_URL": dsn, **variables},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


@pytest.fixture
async def rows(dsn):
    connection = await asyncpg.connect(dsn)
    yield connection.fetch
    await connection.close()


async def test_a_link_makes_its_opener_an_admin_and_only_its_digest_is_kept(nexora, rows):
    status, out, _ = await nexora("link", "--language", "中文", NEXORA_PUBLIC_URL="https://nexora.example.org")

    code = re.search(r"^https://nexora\.example\.org/welcome/(\S+)\?language=zh$", out, re.MULTILINE)[1]
    (kept,) = await rows("select digest, purpose from nexora_codes")
    assert status == 0
    assert out.startswith("请在 24 小时内")
    assert dict(kept) == {"digest": sha256(code.encode()).hexdigest(), "purpose": "first_admin"}
    assert [row["tag"] for row in await rows("select tag from nexora_audit_events")] == ["cli:link:created"]


async def test_a_person_is_added_once_and_can_be_given_another_link(nexora, rows):
    assert (await nexora("user", "create", "alice", "--role", "admin"))[0] == 0
    again = await nexora("user", "create", "Alice")
    assert (await nexora("user", "reset", "alice"))[0] == 0
    unknown = await nexora("user", "reset", "bob")

    assert again == (1, "", "nexora: There is already a person named Alice.\n")
    assert unknown == (1, "", "nexora: There is no person named bob; nexora user list prints everybody.\n")
    assert [tuple(row) for row in await rows("select name, role from nexora_users")] == [("alice", "admin")]
    assert [row[0] for row in await rows("select purpose from nexora_codes")] == ["set_password", "set_password"]


async def test_words_that_are_wrong_end_with_two_and_the_usage(nexora):
    status, _, err = await nexora("user", "create", "not a name")

    assert status == 2
    assert "use 1 to 64 letters, digits and . _ -" in err


async def test_a_database_that_is_away_is_one_sentence(nexora):
    status, _, err = await nexora("migrate", NEXORA_DB_URL="postgresql://a:hidden@127.0.0.1:1/n")

    assert status == 1
    assert err.startswith("nexora: The database a@127.0.0.1:1/n cannot be reached")
    assert "hidden" not in err
    assert "Traceback" not in err


async def test_wrong_settings_stop_the_start_before_anything_happens(nexora, tmp_path):
    status, _, err = await nexora("up", NEXORA_PORT="high")

    assert status == 1
    assert "NEXORA_PORT (server.port) is wrong" in err
    assert list(tmp_path.iterdir()) == []


async def test_the_record_is_exported_with_its_number_of_lines_and_the_digest_of_the_file(nexora, rows, tmp_path):
    await nexora("user", "create", "alice")
    target = tmp_path / "record.csv"
    status, out, _ = await nexora("audit", "export", "--format", "csv", "--tag", "cli:user", "--to", str(target))
    again = await nexora("audit", "export", "--to", str(target))
    wrong = await nexora("audit", "export", "--since", "yesterday")

    digest = sha256(target.read_bytes()).hexdigest()
    assert (status, out) == (0, f"{target}\nLines: 1\nSHA-256: {digest}\n")
    assert "alice" in target.read_text(encoding="utf-8")
    assert again == (1, "", f"nexora: {target} is there already; name another file.\n")
    assert wrong[0] == 2
    assert "2026-11-30" in wrong[2]
    tags = [row["tag"] for row in await rows("select tag from nexora_audit_events order by at")]
    assert tags == ["cli:user:created", "cli:audit:exported"]


async def test_the_latest_lines_of_the_record_are_printed_as_sentences_and_as_json(nexora, rows):
    for name in ("alice", "bob"):
        await nexora("user", "create", name)
    await nexora("link")

    status, out, _ = await nexora("audit", "list", "--tag", "cli:user", "--limit", "1")
    _, as_json, _ = await nexora("audit", "list", "--json", "--since", "2020-01-01")
    none = await nexora("audit", "list", "--person", "alice")

    assert status == 0
    assert re.fullmatch(r"\d+ \w+ \d{4} \d\d:\d\d:\d\d \S+  ok      cli:user:created  .*bob.*\n", out)
    found = [json.loads(line) for line in as_json.splitlines()]
    assert [line["tag"] for line in found] == ["cli:link:created", "cli:user:created", "cli:user:created"]
    assert found[1]["detail"]["name"] == "bob"
    assert none == (0, "", "nexora: No such lines.\n")
    assert len(await rows("select 1 from nexora_audit_events")) == 3, "reading writes nothing"
    assert (await nexora("audit", "list", "--limit", "0"))[0] == 2


def commands_of(parser, words=()):
    """Every command, as the words that call it, with its parser."""
    groups = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield words, parser
    for group in groups:
        for name, inner in group.choices.items():
            yield from commands_of(inner, (*words, name))


@pytest.mark.parametrize(("words", "parser"), list(commands_of(build_parser())), ids=lambda each: str(each)[:40])
def test_the_help_of_every_command_says_what_it_does_with_an_example_that_parses(words, parser):
    example = parser.epilog.removeprefix("Example: nexora ").split()

    assert parser.description.endswith(".")
    assert tuple(example[: len(words)]) == words
    assert build_parser().parse_args(example).run


async def test_people_are_listed_shut_out_let_in_and_given_roles(nexora, rows):
    for name, role in (("root", "admin"), ("alice", "operator")):
        assert (await nexora("user", "create", name, "--role", role))[0] == 0

    assert await nexora("user", "disable", "ALICE") == (0, "alice is disabled now.\n", "")
    assert await nexora("user", "list") == (0, "alice\toperator\tdisabled\nroot\tadmin\tactive\n", "")
    assert await nexora("user", "enable", "alice") == (0, "alice is operator now.\n", "")
    assert await nexora("user", "role", "alice", "admin") == (0, "alice is admin now.\n", "")
    status, _, told = await nexora("user", "disable", "nobody")
    assert (status, "no person named nobody" in told) == (1, True)
    tags = [row["tag"] for row in await rows("select tag from nexora_audit_events order by seq")]
    assert [tag for tag in tags if "user" in tag][-3:] == [
        "cli:user:disabled",
        "cli:user:enabled",
        "cli:user:role_changed",
    ]


async def test_the_last_admin_can_neither_be_shut_out_nor_made_an_operator(nexora):
    await nexora("user", "create", "root", "--role", "admin")
    for words in (("disable", "root"), ("role", "root", "operator")):
        status, out, told = await nexora("user", *words)
        assert (status, out) == (1, "")
        assert "admin" in told


@pytest.mark.parametrize(
    ("words", "status"), [(("--version",), 0), (("up", "--port", "70000"), 2), (("up", "--help"), 0)]
)
async def test_version_and_help_answer_at_once_and_a_port_is_checked(nexora, words, status):
    ended, out, told = await nexora(*words)
    assert ended == status
    assert ("nexora " in out) if status == 0 else ("0 to 65535" in told)


def test_the_help_of_every_command_is_chinese_where_the_terminal_is(monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    told = {words: parser.format_help() for words, parser in commands_of(build_parser())}
    left = [each for text in told.values() for each in re.findall(r"(?:usage:|options:|arguments:|Example:)", text)]
    helped = [
        words
        for words, parser in commands_of(build_parser())
        for each in (parser.description, *(action.help for action in parser._actions if action.help))
        if not re.search("[一-鿿]", each)
    ]

    assert (left, helped) == ([], [])


def test_what_is_wrong_with_the_words_is_told_in_the_language_of_the_terminal(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for words in (["user", "create"], ["up", "--port", "x"], ["nothing"], ["up", "--what"], ["up", "--port"]):
        with pytest.raises(SystemExit):
            main(words)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("nexora") and ": " in line]

    assert told == [
        "nexora user create: 缺少以下参数：name",
        "nexora up: 参数 --port：请使用 0 到 65535 之间的数",
        told[2],
        "nexora: 无法识别的参数：--what",
        "nexora up: 参数 --port：需要一个值",
    ]
    assert told[2].startswith("nexora: 参数 COMMAND：没有 'nothing' 这一项，可选：")
