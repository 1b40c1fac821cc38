"""Each kind of content that Feishu documents ("接收消息内容结构"), as it is documented, in a private conversation."""

import json

import pytest

from channels.feishu.normalise import Me, normalise
from tests.contract.kinds import Content, named, reaching
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


def _content(kind: str, given: object, *says: str) -> Content:
    """A message of that type, whose content is the JSON of what is given, or the very text."""
    return Content(name=kind, payload={"message_type": kind, "content": given}, says=says)


CONTENTS = (
    _content("text", {"text": "hello"}, "hello"),
    _content("text", "a bare sentence", "a bare sentence"),
    _content(
        "post", POST, "Plan", "[a page](https://x.org/a)", "img_1/image", "file_1/file", "@Ann", "```go\nx", "**m**"
    ),
    _content("post", {"title": "", "content": [[]]}, "'post'"),
    _content("image", {"image_key": "img_1"}, "img_1/image"),
    _content("interactive", CARD, "Alert", "disk 97 %", "https://x.org/d", "card"),
    _content("file", {"file_key": "file_1", "file_name": "a.pdf"}, "a.pdf", "file_1/file"),
    _content("file", {}, "'file'"),
    _content("folder", {"file_key": "file_1", "file_name": "Invoices"}, "Invoices", "no folders"),
    _content("audio", {"file_key": "file_1", "duration": 2000}, "voice.opus"),
    _content("media", {"file_key": "file_1", "image_key": "img_1", "file_name": "a.mp4", "duration": 1}, "a.mp4"),
    _content("sticker", {"file_key": "file_1"}, "sticker"),
    _content("share_chat", {"chat_id": "oc_shared"}, "oc_shared", "group"),
    _content("share_user", {"user_id": "ou_shared"}, "ou_shared", "contact"),
    _content("location", {"name": "Office", "longitude": "1.5", "latitude": "2.5"}, "Office", "2.5, 1.5"),
    _content("video_chat", {"topic": "Standup", "start_time": "6516656466000"}, "Standup", "meeting"),
    _content("todo", TODO, "Ship it", "by Friday", "2021-06-08 03:51 UTC", "task"),
    _content("vote", {"topic": "Lunch?", "options": ["noodles", "rice"]}, "Lunch?", "- noodles", "- rice", "vote"),
    _content("hongbao", {"text": "[红包]"}, "red packet"),
    _content("share_calendar_event", EVENT, "Review", "2020-12-18 04:23 UTC to 2020-12-18 04:50 UTC", "calendar"),
    _content("calendar", EVENT, "Review", "calendar"),
    _content("general_calendar", EVENT, "Review", "calendar"),
    _content("merge_forward", "Merged and Forwarded Message", "passed on as one"),
    _content("merge_forward", {"content": "Merged and Forwarded Message"}, "passed on as one"),
    _content("of_next_year", {"anything": [1]}, "'of_next_year'"),
)


@pytest.mark.parametrize("content", CONTENTS, ids=named)
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(content: Content) -> None:
    town, given = Town(), content.payload["content"]
    payload = town.heard(town.say(ALICE, town.direct(ALICE), content.payload["message_type"], {}), [])
    payload["event"]["message"]["content"] = given if isinstance(given, str) else json.dumps(given)
    read = reaching(normalise(payload, Me(channel="feishu", app_id=APP, open_id=BOT)))

    assert content.missing_in(read) == []
