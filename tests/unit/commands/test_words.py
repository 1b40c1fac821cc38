"""The words behind a command, in every language: durations, groups, times of day, days, and what turns something on."""

from datetime import timedelta

import pytest

from governance.digests.times import minute_of, weekday_called
from governance.people.agent_grants import DurationUnknown, lasting
from governance.people.people import Role


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("8小时", timedelta(hours=8)),
        ("８个小时", timedelta(hours=8)),
        ("3天", timedelta(days=3)),
        ("3 Tage", timedelta(days=3)),
        ("8 Stunden", timedelta(hours=8)),
        ("8h", timedelta(hours=8)),
        ("8", timedelta(hours=8)),
        ("2days", timedelta(days=2)),
        ("", None),
    ],
)
def test_a_duration_is_read_in_every_language(text, lasts):
    assert lasting(text) == lasts


@pytest.mark.parametrize("text", ["0", "400d", "一天", "8 Jahre", "-1h", "h", "8小时吧"])
def test_a_duration_that_is_not_understood_is_none(text):
    with pytest.raises(DurationUnknown):
        lasting(text)


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("8：30", 510),
        ("8点半", 510),
        ("8点", 480),
        ("8点30分", 510),
        ("20点05", 1205),
        ("8 Uhr", 480),
        ("8 Uhr 30", 510),
        ("8点75", None),
        ("25点", None),
        ("半", None),
    ],
)
def test_a_time_of_day_is_read_in_every_language(text, minute):
    assert minute_of(text) == minute


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("周一", 0),
        ("星期二", 1),
        ("礼拜天", 6),
        ("星期日", 6),
        ("mon", 0),
        ("Thursday", 3),
        ("Mittwoch", 2),
        ("some", None),
    ],
)
def test_a_day_of_the_week_is_read_in_every_language(text, day):
    assert weekday_called(text) == day


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("/digest 每天 8：30", "every day 08:30"),
        ("/摘要 每天 8点半", "every day 08:30"),
        ("/digest 每周 星期一 8:30", "Mon 08:30"),
        ("/摘要 每周一 8点", "Mon 08:00"),
        ("/überblick wöchentlich mo 8 Uhr", "Mon 08:00"),
        ("/digest weekly monday 8:30", "Mon 08:30"),
    ],
)
async def test_a_digest_is_set_as_people_say_it(room, typed, when):
    alice = await room.person("alice")

    assert when in await room.type(alice, typed)


@pytest.mark.parametrize(
    "typed", ["/digest 8:30", "/digest 每周 8:30", "/digest 每天", "/摘要 每周一", "/digest weekly x 8:30"]
)
async def test_half_a_digest_is_answered_with_the_usage(room, typed):
    alice = await room.person("alice")

    assert (await room.type(alice, typed)).startswith("Type `/digest")


async def test_usage_grants_roles_and_lists_are_read_in_every_language(room):
    root, bob = await room.person("root", Role.ADMIN), await room.person("bob")
    await room.type(root, "/language zh")

    assert "最近 3 天用量（按人员）" in await room.type(root, "/用量 人员 3天")
    assert "最近 7 天用量（按日期）" in await room.type(root, "/usage 按日")
    assert "有效至" in await room.type(root, "/授权 bob ops 8小时。")
    assert "管理员" in await room.type(root, "/人员 角色 bob 管理员")
    assert (await room.fresh(bob)).role is Role.ADMIN
    assert "张三（运维）" in await room.type(root, "/人员 显示名 bob 张三（运维）")
    assert "没有可撤销" in await room.type(root, "/撤销 列表")
    assert (await room.type(root, "/审计 校验")) != ""
    assert "审批统计" in await room.type(root, "/审批 统计")


async def test_an_unknown_chinese_word_is_answered_with_the_nearest_command(room):
    alice = await room.person("alice")
    await room.type(alice, "/language zh")

    assert "您是想用 /批准 吗" in await room.type(alice, "/批准了 6RMQ")
    assert "没有命令 /今天天气怎么样" in await room.type(alice, "/今天天气怎么样？")
    assert "/批准 编号" in await room.type(alice, "/帮助 批准")
    assert "- `/批准 编号 [本会话 | 一次]`" in await room.type(alice, "/帮助")
