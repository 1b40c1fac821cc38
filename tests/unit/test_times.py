"""Moments, durations and sums as somebody reads them: in their language, their time zone and the deployment's money."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from channels import times
from channels.home import Home, home_language, machine_language, settle

AT = datetime(2026, 11, 29, 20, 29, tzinfo=UTC)


@pytest.fixture
def settled():
    yield settle
    settle(Home())


@pytest.mark.parametrize(
    ("language", "own", "told"),
    [
        ("zh", "", "11月30日 04:29（北京时间）"),
        ("zh", "Europe/Berlin", "11月29日 21:29（中欧标准时间）"),
        ("zh", "Etc/GMT-8", "11月30日 04:29（UTC+8）"),
        ("en", "Asia/Shanghai", "30 Nov 04:29 CST"),
        ("en", "America/Sao_Paulo", "29 Nov 17:29 UTC-3"),
        ("de", "", "29. Nov., 21:29 MEZ"),
    ],
)
def test_a_moment_is_told_in_the_language_and_the_zone_of_whoever_reads(language, own, told):
    assert times.moment(AT, language, own) == told


def test_a_time_to_come_says_how_long_that_is():
    end = AT + timedelta(minutes=29)

    assert times.until(end, AT, "zh") == "11月30日 04:58（北京时间，剩 29 分钟）"
    assert times.until(end, AT, "en", "Asia/Shanghai") == "30 Nov 04:58 CST, 29 min left"
    assert times.until(AT, end, "zh") == times.moment(AT, "zh")
    assert times.within(end, AT, "zh") == "11月30日 04:58（北京时间，29 分钟内有效）"


def test_the_zone_of_the_settings_goes_before_that_of_a_language_and_behind_ones_own(settled):
    settled(Home(time_zone="America/New_York"))

    assert times.zone_of("", "zh") == "America/New_York"
    assert times.zone_of("Asia/Tokyo", "zh") == "Asia/Tokyo"

    settled(Home())
    assert times.zone_of("", "zh") == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("UTC+8", "Etc/GMT-8"),
        ("utc -3", "Etc/GMT+3"),
        ("UTC+5:30", "Asia/Kolkata"),
        ("UTC+25", None),
        ("北京", "Asia/Shanghai"),
        ("纽约", "America/New_York"),
        ("new york", "America/New_York"),
        ("asia/shanghai", "Asia/Shanghai"),
        ("München", "Europe/Berlin"),
        ("Atlantis", None),
    ],
)
def test_a_zone_is_named_by_its_city_in_any_language_by_its_own_name_or_by_its_clocks(words, zone):
    assert times.zone_called(words) == zone


@pytest.mark.parametrize(
    ("seconds", "told"), [(5, "5 秒"), (1740, "29 分钟"), (4800, "1 小时 20 分钟"), (259_200, "3 天"), (-3, "0 秒")]
)
def test_a_duration_is_told_in_its_largest_units(seconds, told):
    assert times.lasting(timedelta(seconds=seconds), "zh") == told


def test_money_is_told_in_the_currency_of_the_deployment(settled):
    assert [times.money(Decimal(each), "en") for each in ("0", "0.0123", "1234.5")] == ["$0", "$0.0123", "$1,234.50"]
    assert times.money(Decimal("0.00000001"), "en") == "<$0.0001"

    settled(Home(currency="CNY", rate=Decimal("7.1")))
    assert times.money(Decimal(10), "zh") == "¥71.00"
    assert times.money(Decimal(10), "de").replace("\xa0", " ") == "71,00 CN¥"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_AT.UTF-8"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_of_the_machine_is_that_of_its_variables(environment, language):
    assert machine_language(environment) == language


def test_the_language_of_the_settings_goes_before_that_of_the_machine(settled, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert home_language() == "de"

    settled(Home(language="zh"))
    assert home_language() == "zh"
