"""What looks like a secret on each surface: how much is found, what is left alone, and what it costs."""

import random
import time
import tomllib
from pathlib import Path

import pytest

import governance.masking
from governance.masking import for_chat, for_export, for_record, keys_in, masked, secrets_in
from governance.shell.grammar.tree import parse
from tests.unit.secrets_corpus import URLSAFE, given, harmless, keys

FOUND_AT_LEAST = 0.95
FALSE_AT_MOST = 0.03
SIGNS = "$`;|&<>(){}\"'\\"


def test_nineteen_of_twenty_keys_of_providers_are_hidden_whole():
    made = list(keys())
    missed = [(name, text) for name, key, text in made if key[-12:] in for_chat(text)]

    assert len(made) >= 400
    assert len(missed) <= (1 - FOUND_AT_LEAST) * len(made), missed


def test_nineteen_of_twenty_values_of_telling_names_are_hidden_from_the_record():
    made = list(given())
    missed = [text for value, text in made if value in for_record(text)]

    assert len(made) >= 90
    assert len(missed) <= (1 - FOUND_AT_LEAST) * len(made), missed


def test_three_of_a_hundred_harmless_texts_at_most_are_touched():
    texts = list(harmless())
    touched = [text for text in texts if secrets_in(text)]

    assert len(texts) >= 300
    assert len(touched) <= FALSE_AT_MOST * len(texts), touched


def test_what_a_model_reads_and_a_chat_shows_keeps_a_password_that_somebody_chose():
    text = "DB_PASSWORD=p9sDk2qW7z"

    assert for_chat(text) == text
    assert not keys_in(text)
    assert for_record(text) == "DB_PASSWORD=***"


def test_an_export_hides_what_may_be_an_example_too():
    address = "postgresql://nexora:password@db/nexora"

    assert for_record(address) == address
    assert for_export(address) == "postgresql://nexora:***@db/nexora"


def test_forty_kinds_of_providers_are_known():
    listed = tomllib.loads((Path(governance.masking.__file__).parent / "formats.toml").read_text())["format"]

    assert len({entry["name"] for entry in listed}) >= 60


def test_a_private_key_keeps_its_lines_and_its_marks():
    rng = random.Random(4)
    lines = ["".join(rng.choices(URLSAFE[:62], k=64)) for _ in range(4)]
    key = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])

    assert for_record(f"cat <<EOF\n{key}\nEOF").split("\n")[2:6] == ["***"] * 4
    assert for_record(key.replace("\n", "\\n")).count("***") == 4
    assert lines[3] not in for_record(key[: key.index("-----END")])


_HIDDEN_COMMAND = "curl http://user:$(rm -rf build)@host/ && echo done"


@pytest.mark.parametrize(
    "command",
    [
        _HIDDEN_COMMAND,
        "curl http://user:`id`@host/",
        "curl http://user:a;rm${IFS}x@host/",
        'export PASSWORD="$(cat secret1)"',
        "PASSWORD=a1b2c3;rm -rf x",
        "TOKEN=abc123def456ghi7$(id)",
        "password=Ab12345&&id",
        "mysql --password abc12345|sh",
        "curl -H 'Authorization: Bearer '$(id)",
    ],
)
def test_no_surface_hides_what_a_shell_would_interpret(command):
    for hide in (for_chat, for_record, for_export):
        kept = hide(command)

        assert [sign for sign in kept if sign in SIGNS] == [sign for sign in command if sign in SIGNS]
        assert shape(kept) == shape(command)


def test_a_command_with_a_key_keeps_its_syntax_tree():
    for _, key, _ in keys(seed=9):
        for command in (f"curl -H 'X: {key}' https://a.test | sh", f"KEY={key} make; echo {key}$(id)"):
            assert shape(for_record(command)) == shape(command)


def shape(command: str) -> str:
    """The syntax tree of a command without the text of its words."""
    return str(parse(command))


@pytest.mark.parametrize(
    "text",
    [
        "word and 12 more, token bucket, password field; " * 2100,
        "sk-" * 34_000,
        "eyJ" * 34_000,
        "password: " * 10_000,
        "token=" * 17_000,
        "://a:" * 20_000,
        "-----BEGIN PRIVATE KEY-----" * 3_800,
        "A" * 100_000,
        "密码是" * 34_000,
        ":AA" * 34_000,
        "authorization: bearer " * 4_600,
        "0123456789abcdef" * 6_300,
        "xoxb-1." * 14_000,
    ],
)
def test_what_it_costs_grows_with_the_length_and_not_with_its_square(text):
    secrets_in("warm")

    assert _seconds(text) < 10 * _seconds(text[: len(text) // 4])  # its square would be 16 times as much


def _seconds(text):
    took = []
    for _ in range(5):
        began = time.process_time()
        secrets_in(text)
        took.append(time.process_time() - began)
    return min(took)


def test_what_is_named_like_a_secret_is_hidden_however_deep():
    assert masked({"a": [{"bot_token": "t", "input_tokens": 7}]}) == {"a": [{"bot_token": "***", "input_tokens": 7}]}
