"""What is wrong with what somebody wrote: where, why, and what they may have meant, in one way for everybody."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from channels.mistakes import LOOSELY, meant, mistakes, nearest

ROOT = Path(__file__).parents[2]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _is_even(number: int) -> int:
    if number % 2:
        raise ValueError("must be even")
    return number


class Door(Strict):
    colour: str = ""
    number: Annotated[int, AfterValidator(_is_even)] = 0


class House(Strict):
    name: str
    door: Door | None = None
    doors: tuple[Door, ...] = ()
    by_street: Mapping[str, list[Door]] = Field(default_factory=dict)


def told(given: object) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        House.model_validate(given)
    return [(one.path, one.kind, one.near) for one in mistakes(caught.value, House)]


def test_everything_is_told_at_once_with_its_place_and_what_was_meant() -> None:
    given = {
        "nmae": "x",
        "door": {"color": "red"},
        "doors": [{}, {"nummer": 1}],
        "by_street": {"main": [{"colours": "x"}]},
    }

    assert told(given) == [
        ("name", "missing", ""),
        ("door.color", "extra_forbidden", "colour"),
        ("doors.1.nummer", "extra_forbidden", "number"),
        ("by_street.main.0.colours", "extra_forbidden", "colour"),
        ("nmae", "extra_forbidden", "name"),
    ]


def test_a_rule_of_ours_is_told_in_its_own_words_and_never_with_the_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Door.model_validate({"number": 7777})
    [one] = mistakes(caught.value)

    assert (one.path, one.says) == ("number", "must be even")
    assert "7777" not in str(one)


@pytest.mark.parametrize(
    ("word", "near"), [("tokn", "token"), ("TOKEN", "token"), ("colour", ""), ("", ""), ("token" * 9_999, "")]
)
def test_the_nearest_of_what_is_known(word: str, near: str) -> None:
    assert nearest(word, ["name", "token"]) == near


def test_a_word_typed_in_a_hurry_may_be_less_alike() -> None:
    assert nearest("ton", ["tower"]) == ""
    assert nearest("ton", ["tower"], LOOSELY) == "tower"


def test_what_is_like_nothing_is_answered_with_what_there_is() -> None:
    assert meant("tokn", ["name", "token"], "known are") == "did you mean token?"
    assert meant("colour", ["name", "token"], "known are") == "known are name, token"


def test_nobody_else_turns_the_errors_of_a_form_into_sentences() -> None:
    others = [
        path.name
        for floor in ("agents", "channels", "gateway", "governance")
        for path in (ROOT / floor).rglob("*.py")
        if "include_input" in path.read_text(encoding="utf-8") and path.name != "mistakes.py"
    ]

    assert others == []
