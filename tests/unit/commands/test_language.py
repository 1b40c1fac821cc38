"""/language and /timezone: how somebody is spoken to, and where their clock stands."""

import pytest


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("/language 中文", "zh"),
        ("/lang 简体中文", "zh"),
        ("/语言 zh-CN", "zh"),
        ("/language Chinese", "zh"),
        ("/language deutsch", "de"),
        ("/language de-AT", "de"),
        ("/language English", "en"),
    ],
)
async def test_a_language_is_named_as_people_name_it(room, typed, language):
    alice = await room.person("alice")
    await room.type(alice, "/language de" if language == "en" else "/language en")

    await room.type(alice, typed)

    assert (await room.fresh(alice)).language == language


async def test_times_are_told_in_the_zone_that_somebody_names(room):
    alice = await room.person("alice")

    assert "It is 6 May 09:08 CEST" in await room.type(alice, "/timezone Berlin")
    assert (await room.fresh(alice)).time_zone == "Europe/Berlin"
    assert "Times are told to you in CEST" in await room.type(alice, "/timezone")

    assert "15:08 UTC+8" in await room.type(alice, "/tz utc+8")
    assert "There is no time zone `Atlantis`" in await room.type(alice, "/timezone Atlantis")
    assert (await room.fresh(alice)).time_zone == "Etc/GMT-8"

    await room.type(alice, "/timezone auto")
    assert (await room.fresh(alice)).time_zone == ""


async def test_somebody_who_speaks_chinese_is_told_the_time_of_beijing(room):
    alice = await room.person("alice")
    await room.type(alice, "/language zh")

    assert "5月6日 15:08（北京时间）" in await room.type(alice, "/时区")
    assert "5月6日 16:08（日本标准时间）" in await room.type(alice, "/时区 东京")
