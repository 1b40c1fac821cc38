"""Each kind of content that Feishu documents ("接收消息内容结构"), as it is documented, in a private conversation."""

import json
from typing import Any

import pytest

from channels.feishu.normalise import Me, normalise
from tests.contract.content import reaching
from tests.platforms.feishu.town import ALICE, APP, BOT, Town

POST = {
    "title": "Plan",
    "content": [
        [{"tag": "text", "text": "first "}, {"tag": "a", "href": "https://x.org/a", "text": "a page"}],
        [{"tag": "img", "image_key": "img_1"}, {"tag": "media", "file_key": "file_1", "image_key": "img_2"}],
        [{"tag": "at", "user_id": "ou_gone", "user_name": "Ann"}, {"tag": "emotion", "emoji_type": "SMILE"}],
        [{"tag": "code_block", "language": "GO", "text": "x := 1"}, {"tag": "hr"}, {"tag": "md", "text": "**m**"}],
    ],
}
EVENT = {"summary": "Review", "start_time": "1608265395000", "end_time": "1608267015000", "open_event_id": "e_0"}
TODO = {
    "task_id": "t-1",
    "summary": {"title": "Ship it", "content": [[{"tag": "text", "text": "by Friday"}]]},
    "due_time": "1623124318000",
}
CARD = {"title": "Alert", "elements": [[{"tag": "text", "text": "disk 97 %"}, {"tag": "a", "href": "https://x.org/d"}]]}
KINDS: list[tuple[str, Any, list[str]]] = [
    ("text", {"text": "hello"}, ["hello"]),
    ("text", "a bare sentence", ["a bare sentence"]),
    ("post", POST, ["Plan", "[a page](https://x.org/a)", "img_1/image", "file_1/file", "@Ann", "```go\nx", "**m**"]),
    ("post", {"title": "", "content": [[]]}, ["'post'"]),
    ("image", {"image_key": "img_1"}, ["img_1/image"]),
    ("interactive", CARD, ["Alert", "disk 97 %", "https://x.org/d", "card"]),
    ("file", {"file_key": "file_1", "file_name": "a.pdf"}, ["a.pdf", "file_1/file"]),
    ("file", {}, ["'file'"]),
    ("folder", {"file_key": "file_1", "file_name": "Invoices"}, ["Invoices", "no folders"]),
    ("audio", {"file_key": "file_1", "duration": 2000}, ["voice.opus"]),
    ("media", {"file_key": "file_1", "image_key": "img_1", "file_name": "a.mp4", "duration": 1}, ["a.mp4"]),
    ("sticker", {"file_key": "file_1"}, ["sticker"]),
    ("share_chat", {"chat_id": "oc_shared"}, ["oc_shared", "group"]),
    ("share_user", {"user_id": "ou_shared"}, ["ou_shared", "contact"]),
    ("location", {"name": "Office", "longitude": "1.5", "latitude": "2.5"}, ["Office", "2.5, 1.5"]),
    ("video_chat", {"topic": "Standup", "start_time": "6516656466000"}, ["Standup", "meeting"]),
    ("todo", TODO, ["Ship it", "by Friday", "2021-06-08 03:51 UTC", "task"]),
    ("vote", {"topic": "Lunch?", "options": ["noodles", "rice"]}, ["Lunch?", "- noodles", "- rice", "vote"]),
    ("hongbao", {"text": "[红包]"}, ["red packet"]),
    ("share_calendar_event", EVENT, ["Review", "2020-12-18 04:23 UTC to 2020-12-18 04:50 UTC", "calendar"]),
    ("calendar", EVENT, ["Review", "calendar"]),
    ("general_calendar", EVENT, ["Review", "calendar"]),
    ("merge_forward", "Merged and Forwarded Message", ["passed on as one"]),
    ("merge_forward", {"content": "Merged and Forwarded Message"}, ["passed on as one"]),
    ("of_next_year", {"anything": [1]}, ["'of_next_year'"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "wanted"), KINDS, ids=[f"{at}-{each[0]}" for at, each in enumerate(KINDS)])
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(
    kind: str, content: Any, wanted: list[str]
) -> None:
    town = Town()
    payload = town.heard(town.say(ALICE, town.direct(ALICE), kind, {}), [])
    payload["event"]["message"]["content"] = content if isinstance(content, str) else json.dumps(content)
    seen = reaching(normalise(payload, Me(channel="feishu", app_id=APP, open_id=BOT)))

    for words in wanted:
        assert words in seen
