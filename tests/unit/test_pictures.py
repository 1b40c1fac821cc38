"""Pictures in a message: what they are by their bytes, and what a model that cannot see is told."""

import pytest

from agents.models.context import CallOutcome, Prepared, answer_message, message, result_message
from agents.models.pictures import (
    LARGEST_BYTES,
    MOST,
    Picture,
    Pictured,
    has_pictures,
    picture_of,
    seen,
    teaches_blindness,
    unseen,
    with_pictures,
)
from agents.models.protocol import ToolCallRequest
from agents.models.shortening import shortened, size_of
from agents.models.wire import anthropic_form, gemini_form

PNG = b"\x89PNG\r\n\x1a\n and more"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_bytes(content: bytes, media_type: str) -> None:
    found = picture_of(content)

    assert found is not None
    assert found.media_type == media_type


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"RIFF....AVI ", PNG + bytes(LARGEST_BYTES)])
def test_what_no_model_takes_is_no_picture(content: bytes) -> None:
    assert picture_of(content) is None


def test_a_message_carries_its_words_first_and_not_too_many_pictures() -> None:
    picture = picture_of(PNG)
    assert picture is not None
    shown = Pictured.showing("what is this?", [picture] * (MOST + 2))

    assert shown["content"][0] == {"type": "text", "text": "what is this?"}
    assert len(shown["content"]) == MOST + 1
    assert shown["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert shown.plain.json == message("user", "what is this?").json


def test_a_model_that_cannot_see_is_told_so_and_sent_only_words() -> None:
    picture = picture_of(PNG)
    assert picture is not None
    messages = [message("system", "be brief"), Pictured.showing("what is this?", [picture])]
    blind = unseen(messages)

    assert has_pictures(messages)
    assert not has_pictures(blind)
    assert blind[0] is messages[0]
    assert blind[1]["content"].startswith("what is this?\n")
    assert "cannot see" in blind[1]["content"]


@pytest.mark.parametrize(
    ("refusal", "is_about_pictures"),
    [
        ("This model does not support image input", True),
        ("Invalid value: 'image_url'. Supported values are: 'text'", True),
        ("messages[1].content must be a string", True),
        ("invalid type: sequence, expected a string", True),
        ("Incorrect API key provided", False),
        ("The model `x` does not exist", False),
    ],
)
def test_a_refusal_teaches_blindness_only_when_it_is_about_pictures(refusal: str, is_about_pictures: bool) -> None:
    assert teaches_blindness(refusal) is is_about_pictures


def looked(*pictures: int) -> list[Prepared]:
    """A prompt in which one answer asked for as many results as numbers, each with so many pictures."""
    calls = [ToolCallRequest(id=f"c{at}", name="read_file", arguments="{}") for at in range(len(pictures))]
    results = [result_message(call.id, f"a{at}.png", CallOutcome.DONE) for at, call in enumerate(calls)]
    shown = [
        with_pictures(result, [Picture(media_type="image/png", content=b"%d-%d" % (at, number)) for number in range(n)])
        for at, (result, n) in enumerate(zip(results, pictures, strict=True))
    ]
    return [message("user", "look"), answer_message("", calls), *shown]


def test_pictures_of_results_stand_below_all_results_of_their_answer() -> None:
    prompt = [*looked(1, 0, 2), message("assistant", "I see.")]
    whole = seen(prompt)

    assert has_pictures(prompt)
    assert [each["role"] for each in whole] == ["user", "assistant", "tool", "tool", "tool", "user", "assistant"]
    assert [part["type"] for part in whole[5]["content"]] == ["text", "image_url", "image_url", "image_url"]
    assert whole[5]["content"][0]["text"].startswith("[Nexora]")
    assert [each["role"] for each in seen(prompt, between="So.")][4:7] == ["tool", "assistant", "user"]
    assert seen(looked(0)) == looked(0)


def test_of_many_pictures_the_last_are_seen() -> None:
    prompt = [*looked(MOST), *looked(2)[1:]]
    below = [each for each in seen(prompt) if isinstance(each, Pictured)]

    assert [len(each["content"]) - 1 for each in below] == [MOST - 2, 2]


def test_a_result_with_pictures_is_stored_and_kept_as_its_words() -> None:
    shown = looked(1)[2]

    assert shown.json == result_message("c0", "a0.png", CallOutcome.DONE).json
    assert (shown.role, shown.outcome) == ("tool", CallOutcome.DONE)
    assert not has_pictures([shown.unparsed()])


def test_a_model_that_cannot_see_is_told_so_with_the_result() -> None:
    blind = unseen(looked(1))

    assert not has_pictures(blind)
    assert blind[2]["tool_call_id"] == "c0"
    assert "cannot see" in blind[2]["content"]


def test_every_protocol_has_results_first_and_pictures_after() -> None:
    anthropic = anthropic_form.request_of(looked(1, 1), [])["messages"][-1]
    *_, results, pictures = gemini_form.request_of(looked(1, 1), [])["contents"]

    assert [block["type"] for block in anthropic["content"]] == ["tool_result", "tool_result", "text", "image", "image"]
    assert "cache_control" in anthropic["content"][-1]
    assert all("functionResponse" in part for part in results["parts"])
    assert [*pictures["parts"][1]] == ["inlineData"]


def test_pictures_of_earlier_results_go_first_when_a_conversation_is_too_long() -> None:
    prompt = [*looked(1), *(each for _ in range(3) for each in looked(1)[1:])]
    fit = shortened(prompt, sum(map(size_of, prompt)) - 4_000)

    assert [has_pictures([each]) for each in fit if each["role"] == "tool"] == [False, True, True, True]
    assert fit[2]["content"] == "a0.png\n[no longer shown]"
    assert has_pictures(shortened(looked(1), 10_000))
    assert not has_pictures(shortened(looked(1), 2_000))
