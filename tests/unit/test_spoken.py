"""The language and the zone of somebody new: of their first words, else as their platform tells, else of its home."""

from datetime import UTC, datetime

import pytest

from channels.home import Home, settle
from channels.messages import Account, Address, Inbound, plain
from governance.accounts.admissions import spoken_by, zone_told


def first(text, **told):
    sender = Account(channel="chat", id="7", name="Li")
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return Inbound(
        event_id="1", at=at, address=Address(channel="chat", room="1"), sender=sender, parts=plain(text), **told
    )


@pytest.mark.parametrize(
    ("text", "language", "home", "spoken"),
    [
        ("你好", "en-US", "", "zh"),
        ("hello", "zh-hans", "", "zh"),
        ("hello", "de", "zh", "de"),
        ("hello", "", "zh", "zh"),
        ("hello", "fr", "", "en"),
        ("hello", "", "", "en"),
        ("Grüß Gott", "", "zh", "de"),
    ],
)
def test_the_language_of_somebody_new(text, language, home, spoken):
    settle(Home(language=home))

    assert spoken_by(first(text, language=language)) == spoken
    settle(Home())


def test_a_zone_is_taken_as_the_platform_tells_it_if_there_is_one():
    assert zone_told(first("hi", time_zone="Asia/Tokyo")) == "Asia/Tokyo"
    assert zone_told(first("hi", time_zone="Mars/Base")) == ""
    assert zone_told(first("hi")) == ""
