"""The console's sentences: both languages have them all, and no page asks for one that is not there."""

import re
import string
from pathlib import Path

import pytest

from gateway.web.words import LANGUAGES, preferred, say, sentences
from governance.approvals.requests import RequestStatus
from governance.guard.calls import CallState
from governance.values.verdicts import Risk

WEB = Path(__file__).parents[3] / "gateway" / "web"


def holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_say_the_same_things():
    english, chinese = (sentences(language) for language in LANGUAGES)

    assert english.keys() == chinese.keys()
    assert {key for key in english if holes(english[key]) != holes(chinese[key])} == set()


def test_chinese_is_chinese():
    same = {"app.name", "app.language", "app.language_label", "app.none"}
    left = [key for key, text in sentences("zh").items() if key not in same and not re.search("[\u4e00-\u9fff]", text)]

    assert left == []


def test_every_sentence_that_is_asked_for_is_there_and_every_one_there_is_asked_for():
    texts = "\n".join(path.read_text(encoding="utf-8") for path in WEB.rglob("*") if path.suffix in {".html", ".py"})
    known = set(sentences("en"))
    asked = set(re.findall(r"""["']([a-z_]+\.[a-z_]+)["']""", texts)) & {*known, *missing(texts, known)}
    composed = tuple(re.findall(r"""["']([a-z_]+\.)(?:["'] \+|\{)""", texts))

    assert asked - known == set()
    assert {key for key in known - asked if not key.startswith(composed)} == set()


def missing(texts: str, known: set[str]) -> set[str]:
    calls = re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_]+)["']\s*[,)]|\bsay\([^,]+, ["']([a-z_.]+)["']""", texts)
    return {first or second for first, second in calls} - known


def test_composed_sentences_are_there():
    keys = [f"status.{each.value}" for each in RequestStatus] + [f"risk.{each.value}" for each in Risk]
    keys += [f"call.{each.value}" for each in CallState if each not in (CallState.DONE, CallState.FAILED)]

    assert all(say("zh", key) for key in keys)


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de,en;q=0.5,zh;q=0.9", "zh"), ("fr", "en"), ("zh;q=x", "zh")],
)
def test_the_browsers_wish_is_followed(header, language):
    assert preferred(header) == language
