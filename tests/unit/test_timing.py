"""When schedules are due: once per local time in every zone, whatever clocks do and however the times are written."""

import itertools
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from governance.schedules.timing import SecondsRefused, TimingWrong, timing_of

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(written: str, zone: str, since: str, count: int) -> list[str]:
    coming = islice(timing_of(written).upcoming(at(since), zone), count)
    return [each.strftime("%d %H:%M") for each in coming]


@pytest.mark.parametrize("written", ["cron 0,30 2 * * *", "cron */30 2 * * *", "cron 0-30/30 2 * * *"])
def test_a_time_that_is_left_out_comes_when_clocks_go_on_however_it_is_written(written: str) -> None:
    assert times(written, "Europe/Berlin", "2026-03-28T12:00", 3) == ["29 01:00", "30 00:00", "30 00:30"]


@pytest.mark.parametrize("written", ["cron 0,30 2 * * *", "cron */30 2 * * *", "cron 0-30/30 2 * * *"])
def test_a_time_that_comes_twice_counts_once(written: str) -> None:
    assert times(written, "Europe/Berlin", "2026-10-24T12:00", 3) == ["25 00:00", "25 00:30", "26 01:00"]


@pytest.mark.parametrize("moment", ["2026-10-25T01:10", "2026-10-25T00:59"])
def test_asked_within_the_doubled_hour_nothing_comes_that_has_been(moment: str) -> None:
    assert times("cron */30 2 * * *", "Europe/Berlin", moment, 1) == ["26 01:00"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("written", ["cron 30 2 * * *", "cron 15 0 * * *", "cron */30 1 * * *", "cron 0 * * * *"])
def test_no_local_time_of_a_year_is_doubled_or_left_out(zone: str, written: str) -> None:
    own = timing_of(written)
    seen = list(itertools.takewhile(lambda each: each < at("2027-01-01T00:00"), own.upcoming(at("2026-01-01"), zone)))
    gaps = [later - each for each, later in pairwise(seen)]

    assert len(set(seen)) == len(seen)
    assert min(gaps) >= timedelta(minutes=30)
    assert max(gaps) <= timedelta(hours=26)
    assert len({each.date() for each in seen}) >= 364


def test_a_day_that_a_country_left_out_is_no_end() -> None:
    assert times("cron 0 12 * * *", "Pacific/Apia", "2011-12-29T12:00", 2) == ["29 22:00", "30 10:00"]


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("at 2099-12-31T23:59:00", ["31 22:59"]),
        ("at 2026-12-01T09:00:00+00:00", ["01 09:00"]),
        ("days 14 2026-12-07T09:00", ["07 08:00", "21 08:00"]),
        ("minutes 90 2026-12-01T00:00:00+00:00", ["01 01:30", "01 03:00"]),
        ("cron 0 9 * * *; cron 30 18 * * *", ["01 08:00", "01 17:30"]),
        ("cron 0 9 L * *", ["31 08:00", "31 08:00"]),
        ("cron 0 9 * * MON#1", ["07 08:00", "04 08:00"]),
    ],
)
def test_every_way_of_writing_comes_when_it_should(written: str, due: list[str]) -> None:
    assert times(written, "Europe/Berlin", "2026-12-01T00:00", len(due)) == due
    assert timing_of(str(timing_of(written))) == timing_of(written)


@pytest.mark.parametrize(
    "written",
    ["", "cron", "cron 61 * * * *", "cron 0 0 30 2 *", "at now", "days 0 2026-01-01T00:00", "weeks 1", "@daily"],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(TimingWrong):
        timing_of(written)


def test_seconds_are_refused() -> None:
    with pytest.raises(SecondsRefused):
        timing_of("cron * * * * * *")


def test_the_shortest_time_between_two_is_known() -> None:
    now = at("2026-12-01T00:00")

    assert timing_of("cron * * * * *").least_gap(now) == timedelta(minutes=1)
    assert timing_of("cron 0 9 * * *; cron 2 9 * * *").least_gap(now) == timedelta(minutes=2)
    assert timing_of("at 2026-12-02T09:00:00").least_gap(now) is None
