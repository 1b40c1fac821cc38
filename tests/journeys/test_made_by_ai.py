"""Where the settings ask for it, every answer says once that it was made by AI, and no model is shown that line."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings.answers import AnswerSettings
from gateway.settings.model import Settings
from tests.journeys.town import town


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
