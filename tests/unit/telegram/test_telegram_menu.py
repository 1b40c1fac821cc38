"""The menu of commands: set where it differs, in both languages, and never at the cost of hearing."""

import pytest
import structlog

from channels.completing import Menu, MenuEntry
from channels.locales import languages
from gateway.commands.menu import menu
from tests.journeys.town import until
from tests.platforms.telegram import ALICE
from tests.unit.telegram.conftest import Bench

PLACES = ("all_private_chats", "all_group_chats")


def entries(*names: str, summary: str = "What it does.") -> Menu:
    return {"en": [MenuEntry(name=name, summary=summary) for name in names]}


async def heard(bench: Bench, shown: Menu, sets: int) -> None:
    """Listen until somebody was heard and the menu was looked at in both places of each language."""
    async with bench.listening(bench.build(menu=shown)):
        bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
        await bench.until(lambda: bool(bench.heard))
        await bench.until(lambda: bench.fake.calls["getMyCommands"] >= 2 * len(shown))
        await bench.until(lambda: bench.fake.calls["setMyCommands"] >= sets)


async def test_people_find_the_commands_in_their_language_in_private_and_in_groups(bench: Bench) -> None:
    await heard(bench, menu(), 2 * len(languages()))
    lists = bench.fake.menus.lists

    assert set(lists) == {(place, language) for place in PLACES for language in ("", *languages()[1:])}
    assert {"help", "stop", "approve"} <= set(bench.fake.menus.names("all_group_chats", "fr"))
    assert [each["command"] for each in lists["all_private_chats", "zh"]] == bench.fake.menus.names(PLACES[0])
    assert lists["all_private_chats", "zh"][0]["description"] == "查看可用命令。"


async def test_commands_of_admins_alone_are_shown_to_nobody(bench: Bench) -> None:
    await heard(bench, menu(), 2 * len(languages()))

    assert not {"grant", "people", "bind", "hosts"} & set(bench.fake.menus.names("all_private_chats"))


async def test_a_menu_that_is_as_it_should_be_is_left_alone_and_one_of_before_is_replaced(bench: Bench) -> None:
    await heard(bench, entries("old"), 2)
    await heard(bench, entries("new", "stop"), 4)
    bench.fake.calls.clear()
    await heard(bench, entries("new", "stop"), 0)

    assert bench.fake.menus.names("all_private_chats") == ["new", "stop"]
    assert bench.fake.calls["setMyCommands"] == 0


async def test_what_telegram_would_refuse_does_not_cost_the_others_their_place(bench: Bench) -> None:
    long: Menu = {"en": [*entries("Help", "a-b", "x" * 33)["en"], *entries("usage", summary="x" * 300)["en"]]}
    await heard(bench, long, 2)
    shown = bench.fake.menus.lists["all_private_chats", ""]

    assert [each["command"] for each in shown] == ["usage"]
    assert len(shown[0]["description"]) == 256


@pytest.mark.parametrize("code", [400, 429, 500, 0])
async def test_a_refused_menu_is_logged_and_ends_nothing(bench: Bench, code: int) -> None:
    bench.fake.fail(code, 1, methods=frozenset({"setMyCommands"}))
    with structlog.testing.capture_logs() as logs:
        async with bench.listening(bench.build(menu=entries("help"))) as listening:
            await until(lambda: bool(logs))
            bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
            await bench.until(lambda: bool(bench.heard))
            is_over = listening.done()

    assert not is_over
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == ["command_menu_not_set"]


async def test_a_bot_api_server_that_knows_no_menus_is_no_trouble(bench: Bench) -> None:
    bench.fake.unknown |= {"getMyCommands", "setMyCommands"}
    async with bench.listening(bench.build(menu=entries("help"))):
        bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
        await bench.until(lambda: bool(bench.heard))

    assert bench.texts() == ["hello"]


async def test_without_commands_what_botfather_was_told_stays(bench: Bench) -> None:
    async with bench.listening():
        bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
        await bench.until(lambda: bool(bench.heard))

    assert bench.fake.calls["getMyCommands"] == bench.fake.calls["setMyCommands"] == 0
