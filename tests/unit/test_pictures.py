"""Pictures in a message: what they are by their bytes, and what a model that cannot see is told."""

import pytest

from agents.context import message
from agents.pictures import LARGEST_BYTES, MOST, Pictured, has_pictures, picture_of, teaches_blindness, unseen

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
