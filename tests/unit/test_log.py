"""The log: one event a line, in a form for its reader, without a secret."""

import io
import json
import logging
import unicodedata

import pytest
import structlog

from gateway.run import log


@pytest.fixture
def lines():
    """What was written as JSON, and everything put back afterwards."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    log.configure("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def test_an_event_is_one_line_with_its_fields(lines):
    structlog.get_logger("a").info("message_stored", lane="a\nb", count=2)

    (line,) = lines()
    assert {"event": "message_stored", "lane": "a\nb", "count": 2, "level": "info"}.items() <= line.items()
    assert "timestamp" in line


def test_what_is_less_serious_than_asked_is_left_out(lines):
    structlog.get_logger("a").debug("noise_made")

    assert lines() == []


@pytest.mark.parametrize(
    "secret",
    [
        "4821730956:AAF_q7RkVb2xLm9ZtYp4Ws8Jd3Hc6Ng1Fu0",
        "xoxb-4821730956-q7RkVb2xLm",
        "xapp-1-A04BK7QXM29-4821730956123-7c1e9a4b0d6f2853e7a1c94b0d6f2853e7a1c94b0d6f2853e7a1c94b0d6f2853",
        "sk-proj-q7RkVb2xLm9ZtYp4Ws8Jd3Hc",
        "ghp_q7RkVb2xLm9ZtYp4Ws8Jd3Hc6Ng1Fu0aBe5o",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_secret_is_masked_wherever_it_lies(lines, secret):
    events = structlog.get_logger("a")
    events.info("thing_failed", reason=f"refused {secret}!", deep={"list": [secret]}, thing=Exception(secret))
    logging.getLogger("library").warning("calling %s", secret)
    events.error("turn_failed", exc_info=ValueError(secret))

    assert len(lines()) == 3
    assert secret not in json.dumps(lines())
    assert lines()[0]["reason"] == "refused ***!"


def test_what_is_named_like_a_secret_is_masked_and_counts_are_not(lines):
    structlog.get_logger("a").info(
        "x_done", bot_token="t", headers={"Authorization": "a"}, input_tokens=7, password="p"
    )

    (line,) = lines()
    assert (line["bot_token"], line["headers"], line["password"]) == ("***", {"Authorization": "***"}, "***")
    assert line["input_tokens"] == 7


def test_the_password_of_an_address_is_masked(lines):
    structlog.get_logger("a").info("database_lost", address="postgresql://nexora:hidden@db/nexora")

    assert lines()[0]["address"] == "postgresql://nexora:***@db/nexora"


def test_libraries_are_heard_from_warnings_on_and_named(lines):
    logging.getLogger("some.sdk").info("chatter")
    logging.getLogger("some.sdk").warning("odd")

    assert [(line["event"], line["library"], line["level"]) for line in lines()] == [("odd", "some.sdk", "warning")]


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_would_break_a_line_or_paint_the_terminal_stays_one_plain_line(lines, form):
    stream = io.StringIO()
    log.configure("info", form, stream)
    hostile = 'alice"}\r\n{"event":"audit_forged"}\x1b[2J\x1b[31m\u2028\x85\x07'
    structlog.get_logger("a").info("person_named", name=hostile, deep={"list": [hostile]}, thing=Exception(hostile))
    structlog.get_logger("a").info(hostile)
    logging.getLogger("library").warning("calling %s", hostile)

    text = stream.getvalue()
    assert len(text.splitlines()) == 3
    assert not any(unicodedata.category(sign) in {"Cc", "Zl", "Zp"} for sign in text if sign != "\n")
