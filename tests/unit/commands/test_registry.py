"""Every command says who may call it, in both languages, and what nobody may do is refused and recorded."""

import re
from pathlib import Path

import pytest

from channels.base import NexoraError
from channels.locales import languages
from channels.text.grammar import names_of, shown_name
from gateway.commands import COMMANDS, Command, Commands, parse
from gateway.commands.registry import Needs
from governance.people.people import Role
from governance.record.transaction import DatabaseAway
from tests.unit.commands.room import account_of

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
URGENT = {"admit", "approve", "cancel", "channels", "confirm", "deny", "pending", "stop"}
"""What must not wait behind the turn that it is about."""
PROMISED = {
    *(
        "admit",
        "agents",
        "approvals",
        "approve",
        "audit",
        "bind",
        "cancel",
        "channels",
        "compact",
        "confirm",
        "context",
        "dead",
        "deny",
        "digest",
        "grant",
        "grants",
        "hosts",
        "agent",
        "mcp",
        "plugin",
        "rules",
        "remind",
        "schedule",
        "secret",
        "skill",
    ),
    *(
        "language",
        "memory",
        "link",
        "new",
        "pending",
        "people",
        "retry",
        "revoke",
        "stop",
        "timezone",
        "ungrant",
        "unlink",
        "usage",
    ),
    "use",
    *("help", "unbind", "undo", "redo", "diff", "whoami"),
}
OF_A_WHOLE_GATEWAY = {"compact", "context"}
"""Those that need a model, which no room has."""
FOR_ADMINS = {
    "admit",
    "approvals",
    "bind",
    "channels",
    "dead",
    "grant",
    "rules",
    "hosts",
    "people",
    "retry",
    "unbind",
    "ungrant",
}


def test_there_are_the_promised_commands_and_no_others():
    assert set(COMMANDS) == PROMISED
    assert {name for name, each in COMMANDS.items() if each.is_urgent} == URGENT


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_command_says_who_may_use_it_and_what_it_does_in_both_languages(name):
    command = COMMANDS[name]

    assert command.role is (Role.ADMIN if name in FOR_ADMINS else None)
    for language in languages():
        assert "\n" not in command.summary(language) + command.usage(language)
    assert CHINESE.search(command.summary("zh"))
    assert not CHINESE.search(command.summary("en"))
    assert [command.usage(each).split()[0] for each in languages()] == [
        f"/{shown_name(name, each)}" for each in languages()
    ]
    assert all(names_of(name, each) for each in languages())


def test_the_page_shows_every_command_as_it_is():
    rows = re.findall(r"^\| `(/.*)` \| `(/.*)` \| (\w+) \| (.*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    shown = [tuple(cell.replace("\\|", "|") for cell in row) for row in rows]

    assert shown == [
        (
            each.usage("en"),
            each.usage("zh"),
            "admins" if each.role is Role.ADMIN else "everybody",
            each.summary("en"),
            each.summary("zh"),
        )
        for each in COMMANDS.values()
    ]


def test_the_chinese_page_shows_every_command_under_both_names():
    page = PAGE.with_name("commands.zh.md").read_text("utf-8")
    rows = re.findall(r"^\| `(/.*)` \| `/(\w+)` \| (\S+) \| (.*) \|$", page, re.MULTILINE)
    shown = [tuple(cell.replace("\\|", "|") for cell in row) for row in rows]

    assert shown == [
        (each.usage("zh"), each.name, "管理员" if each.role is Role.ADMIN else "所有人", each.summary("zh"))
        for each in COMMANDS.values()
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/help", ("help", "")),
        ("  /Deny 7QX4  too\nrisky ", ("deny", "7QX4  too\nrisky")),
        ("／approve 7QX4", ("approve", "7QX4")),
        ("/approve\u30007QX4", ("approve", "7QX4")),
        ("/pending@nexora_bot", ("pending", "")),
        ("/use@nexora_bot ops", ("use", "ops")),
        ("/start deep-link", ("help", "deep-link")),
        ("/people\0", ("people", "")),
        ("/nonsense 1", ("nonsense", "1")),
        ("/etc/hosts is wrong", None),
        ("/ help", None),
        ("//help", None),
        ("please /help", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_line_is_parsed(text, expected):
    assert parse(text) == expected


def test_a_command_for_another_bot_is_none_of_ours():
    assert parse("/help@Nexora_Bot", ["nexora_bot"]) == ("help", "")
    assert parse("/help@other_bot", ["nexora_bot"]) is None


async def test_an_operator_is_refused_what_is_for_admins_and_it_is_recorded(room):
    alice = await room.person("alice")

    for name in sorted(FOR_ADMINS):
        said = await room.type(alice, f"/{name} bob ops")
        room.stage.clock.move(seconds=1)
        line = await room.stage.last_event("chat:command:denied")

        assert said.startswith(f"/{name} is for admins. Ask one of them")
        assert (line["actor"], line["resource"], line["status"]) == (str(alice.id), f"/{name}", "denied")
        assert line["address"] == "chat:alice:"


async def test_an_unknown_command_gets_the_nearest_one_that_this_person_may_use(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)

    assert await room.type(alice, "/aprove 7QX4") == (
        "There is no command /aprove. Did you mean /approve? /help lists those you may use."
    )
    assert "Did you mean /people?" in await room.type(root, "/poeple")
    assert "Did you mean" not in await room.type(alice, "/xyzzyx")
    assert "/people" not in await room.type(alice, "/poeple")


async def test_help_lists_what_this_person_may_use(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)

    for person, names in ((alice, PROMISED - FOR_ADMINS), (root, PROMISED)):
        listed = re.findall(r"^- `/(\w+)", await room.type(person, "/help"), re.MULTILINE)
        assert set(listed) == names
    assert await room.type(alice, "/start") == await room.type(alice, "/help")


async def test_help_with_a_name_tells_how_a_command_is_typed(room):
    root = await room.person("root", Role.ADMIN)

    assert await room.type(root, "/help /grant") == (
        "Type `/grant NAME AGENT [8h|3d]`: Let somebody use an agent, for good or for some hours or days. For admins."
    )
    assert "Did you mean /grant?" in await room.type(root, "/help grnat")


MISUSES = (
    *("/use", "/use a b", "/approve", "/deny", "/cancel", "/revoke", "/admit 7QX4", "/grant bob", "/ungrant bob"),
    *("/retry 5", "/retry in-", "/language fr", "/usage by-mood"),
    *("/usage 0d", "/unlink now"),
)


async def test_a_command_that_lacks_something_says_how_it_is_typed(room):
    root = await room.person("root", Role.ADMIN)

    for text in MISUSES:
        command = COMMANDS[text.split()[0].removeprefix("/")]
        assert await room.type(root, text) == f"Type `{command.usage('en')}`: {command.summary('en')}"


STRANGE = (
    *(
        "x" * 5000,
        "' or 1=1 --",
        "%s {name} {0}",
        "\u202egnp.exe",
        "𝟙𝟚𝟛",
        "[a](https://x) @everyone",
        "99999d",
        "🦊" * 40,
    ),
    *("in-" + "9" * 30, "@", "-1", "` `", "a b c d e f"),
)


async def test_no_command_breaks_on_strange_words_or_gives_them_back_as_markup(room):
    root = await room.person("root", Role.ADMIN)

    for name in sorted(PROMISED - {"unlink"} - OF_A_WHOLE_GATEWAY):
        for words in STRANGE:
            said = await room.type(root, f"/{name} {words}")
            assert said
            assert len(said) < 6000
            assert "](https" not in re.sub(r"`[^`]*`", "", said)
    assert (await room.fresh(root)).role is Role.ADMIN


async def test_answers_are_in_the_language_of_whoever_asks(room):
    alice = await room.person("alice")

    assert await room.type(alice, "/language zh") == "今后将用中文与您交流。"
    assert "/授权" in await room.type(alice, "/agents")
    assert "可用命令" in await room.type(alice, "/help")
    assert "仅限管理员" in await room.type(alice, "/people")
    assert await room.type(alice, "/use") == "请输入 `/使用 智能体`：切换此会话的智能体。"
    assert "没有命令" in await room.type(alice, "/xyzzyx")
    assert (await room.fresh(alice)).language == "zh"
    assert "`de` Deutsch" in await room.type(alice, "/language")
    assert await room.type(alice, "/language Deutsch") == "Von nun an spreche ich Deutsch mit Ihnen."
    assert "/benutzen AGENT" in await room.type(alice, "/use")
    assert await room.type(alice, "/language EN") == "I speak English with you from now on."
    assert (await room.stage.last_event("chat:user:described"))["actor"] == str(alice.id)


async def test_an_error_becomes_a_sentence_and_a_database_that_is_away_is_the_router_s_to_wait_for(room):
    alice = await room.person("alice")

    async def fails(_):
        raise NexoraError("the disk is full")

    async def away(_):
        raise DatabaseAway

    for run in (fails, away):
        broken = Command(name="pending", role=None, run=run, needs=Needs)
        known = Commands([Needs(store=room.store)], {"pending": broken})
        said = room.inbound(account_of("alice"), "/pending")
        if run is fails:
            assert await known.run(alice, said, "pending", "") == "the disk is full"
        else:
            with pytest.raises(DatabaseAway):
                await known.run(alice, said, "pending", "")


def test_a_command_whose_record_was_forgotten_ends_the_start(room):
    with pytest.raises(TypeError, match=r"nobody gave gateway\.commands\.accounts"):
        Commands([Needs(store=room.store)])
