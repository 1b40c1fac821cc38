"""The first run: what the offline model understands, does and says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agents.models.context import CallOutcome, Prepared, message, result_message
from agents.models.protocol import Finished, TextDelta, ToolCallRequest
from agents.models.rehearsal.model import Rehearsal
from agents.models.rehearsal.phrases import intent_in
from agents.models.rehearsal.workspace import furnish
from channels.locales import languages
from governance.guard.paths import judge_path
from governance.values.verdicts import Ask


def tool(name: str, *properties: str) -> Prepared:
    parameters = {"type": "object", "properties": {each: {"type": "string"} for each in properties}}
    return Prepared.of({"type": "function", "function": {"name": name, "description": "", "parameters": parameters}})


TOOLS = [
    tool("shell", "command"),
    tool("read_file", "path"),
    tool("write_file", "path", "content"),
    tool("list_files", "path"),
    tool("search_files", "pattern", "path"),
    tool("fetch_url", "url"),
    tool("current_time"),
]


async def heard(messages: list[Any], tools: list[Any] = TOOLS) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """What it says, and which calls it makes."""
    deltas = [delta async for delta in Rehearsal(pause_seconds=0).stream(messages, tools)]
    calls = [(each.name, json.loads(each.arguments)) for each in deltas if isinstance(each, ToolCallRequest)]
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].reason == ("tool_calls" if calls else "stop")
    return "".join(each.text for each in deltas if isinstance(each, TextDelta)), calls


async def reply(text: str, tools: list[Any] = TOOLS) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    return await heard([message("system", "You help."), message("user", text)], tools)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("list the files", "list_files", {}),
        ("Please show me all files.", "list_files", {}),
        ("列出文件", "list_files", {}),
        ("有哪些文件？", "list_files", {}),
        ("run uname -a", "shell", {"command": "uname -a"}),
        ("Run the command `ls -la | wc -l`", "shell", {"command": "ls -la | wc -l"}),
        ("运行 uname -a", "shell", {"command": "uname -a"}),
        ("请执行命令：“whoami”", "shell", {"command": "whoami"}),
        ("delete notes.txt", "shell", {"command": "rm -r -- notes.txt"}),
        ("remove the file a;reboot", "shell", {"command": "rm -r -- 'a;reboot'"}),
        ("删除 notes.txt", "shell", {"command": "rm -r -- notes.txt"}),
        ("write hello world to notes.txt", "write_file", {"path": "notes.txt", "content": "hello world"}),
        ("把“你好”写入 notes.txt", "write_file", {"path": "notes.txt", "content": "你好"}),
        ("read notes.txt", "read_file", {"path": "notes.txt"}),
        ("读取文件 notes.txt", "read_file", {"path": "notes.txt"}),
        ("search for hello", "search_files", {"pattern": "hello"}),
        ("fetch https://example.com/a?b=1", "fetch_url", {"url": "https://example.com/a?b=1"}),
        ("open https://example.com", "fetch_url", {"url": "https://example.com"}),
        ("抓取 https://example.com", "fetch_url", {"url": "https://example.com"}),
        ("what time is it?", "current_time", {}),
        ("What's the time", "current_time", {}),
        ("现在几点了？", "current_time", {}),
    ],
)
async def test_plain_words_call_a_tool(text: str, name: str, arguments: dict[str, str]) -> None:
    said, calls = await reply(text)

    assert calls == [(name, arguments)]
    assert f"`{name}`" in said


@pytest.mark.parametrize("text", ["hello", "Hi there!", "good morning"])
async def test_a_greeting_is_answered_with_what_it_is(text: str) -> None:
    said, calls = await reply(text)

    assert "rehearsal model" in said
    assert calls == []


@pytest.mark.parametrize("text", ["你好", "您好！", "早上好"])
async def test_a_chinese_greeting_is_answered_in_chinese(text: str) -> None:
    assert "演练模型" in (await reply(text))[0]


@pytest.mark.parametrize(
    ("greeting", "phrase"), [("hello", "write hello to AGENTS.md"), ("你好", "把 hello 写入 AGENTS.md")]
)
async def test_what_the_greeting_says_somebody_has_to_approve_does_ask(greeting: str, phrase: str) -> None:
    assert phrase in (await reply(greeting))[0]
    _, calls = await reply(phrase)

    assert calls == [("write_file", {"path": "AGENTS.md", "content": "hello"})]
    assert isinstance(judge_path("AGENTS.md", Path("/nowhere"), writes=True), Ask)


@pytest.mark.parametrize(
    ("text", "word"), [("help", "restart"), ("/help", "restart"), ("帮助", "重启"), ("你能做什么", "重启")]
)
async def test_help_shows_the_phrases_and_how_to_connect_a_real_model(text: str, word: str) -> None:
    said, _ = await reply(text)

    assert all(each in said for each in ("DASHSCOPE_API_KEY", "ANTHROPIC_API_KEY", "Ollama", "notes.txt", word))


@pytest.mark.parametrize(
    ("text", "words"), [("why is the sky blue", "cannot think"), ("天空为什么是蓝色的", "没法思考")]
)
async def test_it_does_not_pretend_to_think(text: str, words: str) -> None:
    said, calls = await reply(text)

    assert words in said
    assert text in said
    assert calls == []


@pytest.mark.parametrize("text", ["help", "帮助"])
async def test_every_phrase_that_help_offers_is_understood(text: str) -> None:
    said, _ = await reply(text)
    offered = [line[2:].split(" (")[0].split("（")[0] for line in said.splitlines() if line.startswith("- ")]

    understood = [(await reply(phrase))[1] for phrase in offered]

    assert len(offered) == 9
    assert all(understood), [phrase for phrase, calls in zip(offered, understood, strict=True) if not calls]


async def test_a_tool_the_agent_does_not_have_is_not_called() -> None:
    said, calls = await reply("run uname -a", [tool("current_time")])

    assert "this agent does not have" in said
    assert calls == []


async def test_arguments_go_by_the_names_the_tool_uses() -> None:
    _, calls = await reply("read notes.txt", [tool("read", "file_path")])

    assert calls == [("read", {"file_path": "notes.txt"})]


def after(text: str, *results: str) -> list[Any]:
    function = {"name": "shell", "arguments": "{}"}
    asked = [{"id": f"c{at}", "type": "function", "function": function} for at in range(len(results))]
    answers = [message("tool", result, tool_call_id=f"c{at}") for at, result in enumerate(results)]
    return [message("user", text), message("assistant", "", tool_calls=asked), *answers]


@pytest.mark.parametrize(
    ("asked", "result", "begins"),
    [
        ("run uname -a", "Linux box 6.1", "Done. The result:"),
        ("run date", "The deploy is refused by nobody and everything is fine here", "Done. The result:"),
        ("list the files", "notes.txt\npending.txt\ndenied.txt", "Done. The result:"),
        ("delete a.txt", "pending: an approval was requested (K7QD)", "This waits for somebody to approve it."),
        ("delete a.txt", "Waiting for approval by an admin.", "This waits for somebody to approve it."),
        ("delete a.txt", "Denied by bob: not today", "That was not allowed"),
        ("delete a.txt", "The call was refused: it cannot be undone", "That was not allowed"),
        ("运行 uname", "Linux box 6.1", "完成，结果如下"),
        ("删除 a.txt", "等待审批（K7QD）", "这一步需要有人批准"),
        ("删除 a.txt", "pending approval", "这一步需要有人批准"),
        ("删除 a.txt", "已拒绝：今天不行", "这一步没有被允许"),
    ],
)
async def test_results_are_told_as_what_they_are(asked: str, result: str, begins: str) -> None:
    said, calls = await heard(after(asked, result))

    assert said.startswith(begins)
    assert result in said
    assert calls == [], "a result is never a new request"


async def test_every_result_of_several_calls_is_told() -> None:
    said, _ = await heard(after("run a", "first", "second"))

    assert said.index("first") < said.index("second")


async def test_an_empty_result_is_still_a_sentence() -> None:
    assert (await heard(after("run true", "")))[0] == "Done. The result:\n\n—"


async def test_it_always_says_the_same() -> None:
    assert await reply("hello") == await reply("hello")


@pytest.mark.parametrize("text", ["", "   ", "x" * 1_000_000, "{0}{words}%s", "run " + "a " * 50_000, "\x00"])
async def test_odd_messages_are_answered_too(text: str) -> None:
    said, _ = await reply(text)

    assert said


FOR_MODELS = ("Tell the person", "tell the person", "end your turn", "do not try", "Do not ask", "[Nexora]")


@pytest.mark.parametrize(
    ("asked", "result", "says"),
    [
        (
            "write a to AGENTS.md",
            (
                "This call is pending: it needs approval, because programs obey it. Request K7QD was sent to those who "
                "may decide. Tell the person that and end your turn; the result comes by itself later."
            ),
            "as request K7QD",
        ),
        ("run a", "This very call is pending already, as request K7QD.", "as request K7QD"),
        (
            "fetch http://127.0.0.1/",
            "Refused: it is an inner address. No one can approve this; do not try it in another form.",
            "nobody can approve it: it is an inner address.",
        ),
        ("run a", "Refused: nobody may decide. Tell the person so.", "did not do it: nobody may decide."),
        ("run a", "Not put before anybody: too many wait. Tell the person that, and end your turn.", "too many wait"),
        ("run a", "There is no tool named a. Yours: shell.", "There is no tool named a."),
        (
            "运行 a",
            "This call is pending: x. Request K7QD was sent. Tell the person that and end your turn.",
            "编号 K7QD",
        ),
        ("运行 a", "Refused: x. No one can approve this; do not try it in another form.", "任何人都不能批准"),
    ],
)
async def test_a_person_reads_nothing_that_was_meant_for_the_model(asked: str, result: str, says: str) -> None:
    told = [*after(asked, "")[:-1], result_message("c0", result, CallOutcome.NOT_RUN)]
    said, calls = await heard(told)

    assert says in said
    assert not [words for words in FOR_MODELS if words in said]
    assert calls == []


@pytest.mark.parametrize(
    ("asked", "note", "says"),
    [
        (
            "run a",
            "was denied by bob. Reason: not today. It did not run. Do not ask for it again; tell the person.",
            "bob denied request K7QD, so I did not do it. The reason given: not today.",
        ),
        (
            "run a",
            (
                "expired without a decision, so it counts as denied. It did not run. Do not ask for it again; "
                "tell the person."
            ),
            "Nobody decided request K7QD in time",
        ),
        (
            "run a",
            (
                "was approved by bob, but could not run in time, so the approval ran out. It did not run. The person "
                "knows; make the call again only if they still want it."
            ),
            "was approved but could not run in time",
        ),
        ("run a", "was withdrawn. It did not run. Do not ask for it again; tell the person.", "K7QD was withdrawn"),
        ("运行 a", "was denied by bob. It did not run. Do not ask for it again; tell the person.", "bob 拒绝了 K7QD"),
    ],
)
async def test_how_a_request_ended_is_told_in_the_language_it_was_asked_in(asked: str, note: str, says: str) -> None:
    said, calls = await heard([message("user", asked), message("user", f"[Nexora] Request K7QD for shell {note}")])

    assert says in said
    assert not [words for words in FOR_MODELS if words in said]
    assert calls == []


async def test_the_result_of_an_approved_call_is_told_in_the_language_it_was_asked_in() -> None:
    note = message("user", "[Nexora] Request K7QD for shell was approved by bob. The call ran once:")
    said, _ = await heard([message("user", "运行 a"), note, *after("", "out")[1:]])

    assert said.startswith("完成")


async def test_a_result_that_ran_is_shown_as_it_came_whatever_it_says() -> None:
    text = "Denied: do not try it. Tell the person so.\n```\ncode\n```"
    said, _ = await heard([*after("read a", "")[:-1], result_message("c0", text, CallOutcome.DONE)])

    assert said == f"Done. The result:\n\n````\n{text}\n````"


async def test_a_call_that_failed_is_not_called_done() -> None:
    said, _ = await heard([*after("read a", "")[:-1], result_message("c0", "there is no a", CallOutcome.FAILED)])

    assert said.startswith("That did not work")
    assert "there is no a" in said


@pytest.mark.parametrize("language", languages())
async def test_a_new_workspace_holds_what_the_starters_and_help_read(tmp_path: Path, language: str) -> None:
    furnish(tmp_path, language)

    assert re.search("h[ae]llo", (tmp_path / "notes.txt").read_text(encoding="utf-8"))
    words = json.loads((Path(__file__).parents[2] / f"config/locales/{language}.json").read_text(encoding="utf-8"))
    starters = [words[name] for name in words if name.startswith("console.starters.")]
    assert len(starters) == 5
    assert [intent_in(each)[0].name for each in starters].count("call") == 4
