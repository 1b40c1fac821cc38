"""Times as people write them are read as they are meant, or asked back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.schedules.phrases.facts import Unsure
from governance.schedules.phrases.reading import read, read_times
from governance.schedules.timing import Minutes, Once, SecondsRefused, Timing, timing_of
from tests.unit.schedule_phrases import CHINESE, ENGLISH

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
HERE = "Europe/Berlin"


def cases(table: str) -> list[tuple[str, str, str]]:
    rows = [[*line.split(" | "), ""] for line in table.splitlines() if line]
    return [(row[0], row[1].removesuffix(" |").strip(), row[2].removesuffix("|").strip()) for row in rows]


WORDS = sorted({word for row in cases(ENGLISH + CHINESE) for word in (row[0], *row[0].split())})


def shown(timing: Timing) -> str:
    [first, *others] = timing.lines
    if isinstance(first, Once) and first.at.tzinfo and not others:
        return f"at +{(first.at - NOW) // timedelta(minutes=1)}m"
    return f"minutes {first.count} +0" if isinstance(first, Minutes) else str(timing)


def told(phrase: str) -> tuple[str, str]:
    found = read(phrase, NOW, HERE)
    return (f"?{found.word}", "") if isinstance(found, Unsure) else (shown(found.timing), found.words)


@pytest.mark.parametrize("table", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_phrases_mean_what_they_say(table: str) -> None:
    read_as = [(phrase, told(phrase), wanted) for phrase, *wanted in cases(table)]
    wrong = [each for each in read_as if each[1] != tuple(each[2])]

    assert len(cases(table)) >= 120
    assert wrong == []


def test_times_alone_must_be_times_through_and_through() -> None:
    assert str(read_times("every weekday at 9", NOW, HERE).timing) == "cron 0 9 * * 1,2,3,4,5"
    assert read_times("every weekday at nine bells", NOW, HERE) == Unsure(word="none")


def test_seconds_are_refused_by_name() -> None:
    with pytest.raises(SecondsRefused):
        read("* * * * * * ping", NOW, HERE)


def test_a_zone_that_is_named_goes_before_ones_own() -> None:
    assert read("every day at 9 Asia/Tokyo stretch", NOW, HERE).zone == "Asia/Tokyo"
    assert read("北京时间每天9点喝水", NOW, HERE).zone == "Asia/Shanghai"


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS)))
def test_whatever_is_written_is_read_or_asked_back(words: list[str]) -> None:
    try:
        found = read(" ".join(words), NOW, HERE)
    except SecondsRefused:
        return
    if not isinstance(found, Unsure):
        timing_of(str(found.timing))
