"""Where the settings ask for it, every answer says once that it was made by AI, and no model is shown that line."""

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.settings.answers import AnswerSettings
from gateway.settings.model import Settings
from tests.journeys.town import town
from tests.journeys.workspace import slack_town


async def test_answers_are_marked_once_and_the_model_is_not_shown_it(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", answers={"mark_ai": True}) as here:
        await here.person("alice")
        here.model.say("To keep warm.")
        here.say("alice", "Why do herons stand on one leg?")
        await here.hears("alice", "Made by AI")
        here.model.say("word " * 1500 + "end.")
        here.say("alice", "And storks?")
        await here.hears("alice", "end.")

        seen = [message.text for message in here.seen("alice")]
        assert seen[0] == "To keep warm.\n\n❖ Made by AI"
        assert len(seen) == 3, "the long answer comes in two pieces"
        assert seen[2].endswith("end.\n\n❖ Made by AI")
        assert "Made by AI" not in seen[1]
        assert "Made by AI" not in str([body["messages"] for body in here.model.requests])


async def test_a_conversation_of_the_console_shows_the_mark_when_it_is_opened_again(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", answers={"mark_ai": True}) as here:
        alice = await here.person("alice")
        async with here.browser(alice) as browser:
            for words in ("To keep warm.", "They do, too."):
                here.model.say(words)
                room = str(await here.store.fetchval("select room from nexora_conversations") or "")
                await browser("POST", "/console/chat", json={"text": "Why do herons?", "conversation": room})
            page = (await browser("GET", f"/chat/{room}")).text

        assert re.findall(r"To keep warm\.|They do, too\.|❖ Made by AI", page) == [
            *("To keep warm.", "❖ Made by AI"),
            *("They do, too.", "❖ Made by AI"),
        ]
        assert "Made by AI" not in str([body["messages"] for body in here.model.requests])


async def test_an_answer_that_grows_before_the_eyes_is_marked_when_it_stands(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home", answers={"mark_ai": "AI, beware"}) as here:
        await here.person("alice")
        here.model.say("To keep warm.")
        here.says_directly("alice", "Why do herons stand on one leg?")
        message = await here.hears("AI, beware", room=here.direct("alice"))

        [(_, sight)] = [each for each in here.slack.seen(here.direct("alice")) if each[0].ts == message.ts]
        assert sight.text.split("\n") == ["To keep warm.", "", "❖ AI, beware"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ""),
        ({"mark_ai": False}, ""),
        ({"mark_ai": True}, "内容由 AI 生成"),
        ({"mark_ai": "AI, beware"}, "AI, beware"),
    ],
)
def test_the_line_is_the_settings(given: dict[str, Any], told: str) -> None:
    assert AnswerSettings.model_validate(given).mark("zh") == told
    assert Settings.model_validate({"answers": given}).answers.mark("zh") == told
