"""What people type, spelling by spelling, in every language: commands, codes, decisions, and what is none of these."""

from datetime import UTC, datetime

import pytest

from channels.email.tokens import claim_in
from channels.locales import languages, sentences
from channels.messages import Account, Address, File, FileKind, Inbound, Part, Text, heard
from channels.text.grammar import (
    command_called,
    is_word,
    leading,
    names_in_all,
    names_of,
    parse,
    slip_of,
    spoken,
    word_called,
    words,
)

COMMANDS = sorted(key.removeprefix("typed.command.") for key in sentences("en") if key.startswith("typed.command."))
MAIL_CODE = "abcdefgh23456789-{}-t1x2y3-abcdefghijklmnop"


@pytest.mark.parametrize(
    "text",
    [
        *("/approve 6RMQ", "/APPROVE 6rmq", "／approve　6RMQ", "/approve ６ＲＭＱ", "／ａｐｐｒｏｖｅ　６ＲＭＱ。"),
        *(
            "/approve：6RMQ",
            "/approve:6RMQ",
            "/approve「6RMQ」",
            "/approve 【6RMQ】",
            '/approve "6RMQ"',
            "/approve `6RMQ`",
        ),
        *("/approve 6RMQ。", "/approve 6RMQ！", "/approve 6RMQ.", "\ufeff/approve 6RMQ", "/approve\u200b 6RMQ\u200b"),
        *("/approve@nexora_bot 6RMQ", "/approve＠nexora_bot 6RMQ", "/approve，6RMQ", "/𝐚𝐩𝐩𝐫𝐨𝐯𝐞 6RMQ"),
        *("/批准 6RMQ", "/批准6RMQ", "／批准　６ＲＭＱ", "/批准：6RMQ", "/同意 6RMQ。", "/通过「6RMQ」", "/核准6rmq"),
        *("/genehmigen 6RMQ", "/Genehmigen: 6rmq", "/freigeben 6RMQ.", "/accept 6RMQ"),
    ],
)
def test_a_command_and_its_code_are_read_however_they_are_written(text):
    name, rest = parse(text) or ("", "")
    code, behind = leading(rest)

    assert (name, code.upper(), behind) == ("approve", "6RMQ", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/deny 6RMQ，不行", "不行"),
        ("/deny 6RMQ 太危险了，先备份", "太危险了，先备份"),
        ("/deny 6RMQ　太危险了，先备份。", "太危险了，先备份。"),
        ("/deny 6RMQ, not on a  Friday", "not on a  Friday"),
        ("/deny「６ＲＭＱ」：（太危险）", "（太危险）"),
        ("/拒绝6RMQ不行", "不行"),
        ("/驳回 6RMQ；先备份", "先备份"),
        ("/ablehnen 6RMQ zu gefährlich!", "zu gefährlich!"),
        ("/deny 6RMQ", ""),
    ],
)
def test_a_sign_ends_the_code_and_begins_the_reason_which_stays_as_it_was_typed(text, reason):
    name, rest = parse(text) or ("", "")

    assert (name, *leading(rest)) == ("deny", "6RMQ", reason)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/帮助", ("help", "")),
        ("/停止。", ("stop", "")),
        ("/新会话", ("new", "")),
        ("/用量 7天", ("usage", "7天")),
        ("/使用ops", ("use", "ops")),
        ("/hilfe", ("help", "")),
        ("/RÜCKGÄNGIG 3", ("undo", "3")),
        ("/你好", ("你好", "")),
        ("/请帮我看看，谢谢", ("请帮我看看", "谢谢")),
        ("/批准了 6RMQ", ("批准了", "6RMQ")),
        ("/用户/目录 下有什么", None),
        ("/help.txt", None),
        ("/tmp:ro", None),
        ("/" + "x" * 33, None),
        ("批准 6RMQ", None),
        ("、approve 6RMQ", None),
        ("> /approve 6RMQ", None),
        ("🎤 /approve 6RMQ", None),
    ],
)
def test_a_line_is_a_command_in_every_language_or_none(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("、approve 6RMQ", "approve"),
        ("、批准 6RMQ", "approve"),
        (" 、ＨＥＬＰ", "help"),
        ("、hilfe", "help"),
        ("、你好", ""),
        ("、apples, pears", ""),
        ("/approve 6RMQ", ""),
        ("、", ""),
    ],
)
def test_the_sign_of_an_input_method_for_the_slash_is_known(text, meant):
    assert slip_of(text) == meant


@pytest.mark.parametrize(
    ("text", "command", "code"),
    [
        *(
            (text, "approve", "6RMQ")
            for text in ("批准 6RMQ", "同意6RMQ", "通过：６ＲＭＱ。", "approve 6rmq", "Genehmigen 6RMQ")
        ),
        *((text, "deny", "6RMQ") for text in ("拒绝 6RMQ 理由", "不同意 6RMQ", "deny 6RMQ: no", "ablehnen 6RMQ, nein")),
        ("撤回 6RMQ", "cancel", "6RMQ"),
        *((text, "approve", "") for text in ("同意", "同意！", "批准。", "Approve", " 通过 ", "genehmigen")),
        *((text, "deny", "") for text in ("拒绝", "驳回。", "deny", "拒绝 太危险了", "不同意，先备份")),
    ],
)
def test_a_decision_without_a_slash_is_read(text, command, code):
    found = spoken(text)

    assert found is not None
    assert (found.command, found.code, found.is_loose) == (command, code, False)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("OK", "approve"),
        ("好的。", "approve"),
        ("可以", "approve"),
        ("ja", "approve"),
        ("不行", "deny"),
        ("Nein!", "deny"),
    ],
)
def test_an_everyday_word_is_an_answer_that_never_decides(text, command):
    found = spoken(text)

    assert found is not None
    assert (found.command, found.rest, found.is_loose) == (command, "", True)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "通过率是多少",
            "拒绝服务攻击怎么防",
            "同意你的看法",
            "approvedly",
            "approvals",
            "ok then",
            "好的我知道了",
            "okra",
        ),
        *("please approve 6RMQ", "> 同意", "🎤 同意", "", "，", "/approve 6RMQ", "我不同意", "denying"),
    ],
)
def test_what_only_begins_like_a_decision_or_holds_one_is_none(text):
    assert spoken(text) is None


@pytest.mark.parametrize("language", languages())
def test_every_name_is_a_command_and_no_two_share_one(language):
    called = [(name, command) for command in COMMANDS for name in names_of(command, language)]

    assert [(name, command) for name, command in called if command_called(name) != command] == []
    assert [name for name, command in called if parse(f"/{name} 6RMQ") != (command, "6RMQ")] == []


def test_the_english_names_are_the_commands_own():
    assert [command for command in COMMANDS if names_of(command, "en")[0] != command] == []
    assert names_in_all("approve") >= {"approve", "批准", "同意", "通过", "genehmigen"}


@pytest.mark.parametrize(
    "here", ["here", "HERE", "本会话", "此会话", "本次会话", "本对话", "hier", "ｈｅｒｅ", "「本会话」。"]
)
def test_words_behind_a_code_are_read_in_every_language(here):
    assert is_word(words(here)[0], "here")
    assert word_called(words(here)[0], "once", "here") == "here"


def test_words_lose_the_signs_of_an_input_method_and_keep_their_own():
    assert words("「ops」　approvals:  8：30 ，") == ("ops", "approvals:", "8:30")


@pytest.mark.parametrize(
    ("line", "choice"),
    [
        *((f"{verb} {{}}", "a") for verb in ("APPROVE", "批准", "同意", "通过：", "Genehmigen", "ＡＰＰＲＯＶＥ")),
        *((f"{verb} {{}} zu früh", "d") for verb in ("DENY", "拒绝", "驳回", "ablehnen:")),
        *((f"{verb} {{}}", "s") for verb in ("CHOOSE", "选择", "auswählen")),
    ],
)
def test_a_mail_is_read_by_the_same_words(line, choice):
    claim = claim_in(line.format(MAIL_CODE.format(choice)))

    assert claim is not None
    assert claim.code == MAIL_CODE.format(choice)
    assert claim.reason == ("zu früh" if choice == "d" else "")


def test_an_everyday_word_decides_no_mail():
    assert [claim_in(f"{word} {MAIL_CODE.format('a')}") for word in ("OK", "好的", "ja", "cancel")] == [None] * 4


def said(*parts: Part) -> Inbound:
    at, place = datetime(2026, 11, 30, tzinfo=UTC), Address(channel="chat", room="1")
    return Inbound(event_id="1", at=at, address=place, sender=Account(channel="chat", id="1"), parts=parts)


def test_what_was_only_heard_is_never_typed():
    voice = File(name="voice.ogg", media_type="audio/ogg", size=3, locator="1", presented_as=FileKind.VOICE)

    assert said(heard("/approve 6RMQ")).typed == ""
    assert said(Text(text="/approve "), heard("6RMQ")).typed == ""
    assert said(heard("同意")).text == "🎤 同意"
    assert said(Text(text="/approve 6RMQ"), voice).typed == "/approve 6RMQ"


@pytest.mark.parametrize("sign", ["x", "!", "好"])
def test_what_is_far_too_long_for_a_code_begins_with_none_and_is_not_read_to_its_end(sign: str) -> None:
    text = sign * 2_000_000

    assert leading(text) == ("", text)
