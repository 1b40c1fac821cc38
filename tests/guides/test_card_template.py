"""The template that is shipped for DingTalk is the one that the adapter fills in and whose presses it reads."""

import json
import re

import pytest

from channels.dingtalk.cards import MOST_BUTTONS, pressed, variables
from channels.messages import Card
from tests.guides.card_template import EXAMPLE, FILE, read, written
from tests.guides.pages import LANGUAGES, page

NUMBERS = range(1, MOST_BUTTONS + 1)


def test_the_file_is_what_is_written_here():
    assert FILE.read_text(encoding="utf-8") == written()


def test_its_variables_are_those_that_the_adapter_fills_in():
    template = read(FILE.read_text(encoding="utf-8"))

    assert len(template.variables) == 18
    assert template.variables == variables(EXAMPLE, "staff:1").keys()
    assert template.variables == variables(Card(id="x" * 16, title=""), "staff:1").keys()
    assert set(template.texts) == {f"${{{name}}}" for name in ("title", "facts", "body", "note")}


def test_what_its_buttons_send_back_is_a_press():
    template = read(FILE.read_text(encoding="utf-8"))
    filled = variables(EXAMPLE, "staff:1")
    sent = [{name: filled[variable] for name, variable in given.items()} for given in template.parameters]

    assert [pressed({"cardPrivateData": {"params": params}}) for params in sent] == [
        (EXAMPLE.id, "staff:1", "a"),
        (EXAMPLE.id, "staff:1", "d"),
        (EXAMPLE.id, "staff:1", "s"),
        None,
    ]
    assert template.presses == {f"press{number}" for number in NUMBERS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_the_guide_names_the_same(language):
    guide = page("dingtalk", language)
    rows = re.findall(r"^\| ((?:`\w+`(?: … )?)+) \|.*\|.*\|$", guide.text, flags=re.MULTILINE)
    named = {re.sub(r"\d", "", name) for row in rows for name in re.findall(r"`(\w+)`", row)}
    [mock] = [json.loads(found) for found in re.findall(r"```json\n(\{\n  \"title\".*?)```", guide.text, re.DOTALL)]

    assert {re.sub(r"\d", "", name) for name in variables(EXAMPLE, "r")} <= named
    assert mock.keys() == variables(EXAMPLE, "r").keys()
