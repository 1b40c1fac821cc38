"""The catalogue of sentences: every language says everything, with the same blanks, and nothing nobody asks for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from channels import locales
from channels.locales import (
    LOCALES,
    CatalogueBroken,
    closest,
    in_each,
    knows,
    language_called,
    languages,
    locale_of,
    say,
    say_in_each,
    sentences,
)
from channels.text.grammar import names_of
from gateway.web.http.language import preferred
from governance.approvals.requests import RequestStatus
from governance.guard.calls import CallState
from governance.sign_in.attempts import LockedOut
from governance.values.verdicts import Risk

ROOT = Path(__file__).parents[2]
FLOORS = ("gateway", "agents", "governance", "channels")
PREFIXES = ("chat.", "command.", "console.", "record.")
"""What one function puts before the names of its sentences."""
PATTERNS = {key for key in sentences("en") if key.startswith("rehearsal.heard.")}
"""No sentences: what the rehearsal understands."""
SAME = {"console.app.name", "console.app.none", "health.both", "record.other", "steps.seconds", "why.guard"}
A_PLATFORMS = 'headers={"locale": "zh"},'
OTHERS = [language for language in languages() if language != "en"]


def forms(language: str, key: str) -> list[str]:
    sentence = sentences(language)[key]
    return [sentence] if isinstance(sentence, str) else [form for each in sentence.values() for form in each.values()]


def blanks(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name is not None}


def sources() -> Iterator[str]:
    """All that we run; programs of the skills that come along run in the sandbox and are no modules of ours."""
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*"):
            if path.suffix in {".py", ".html", ".js"} and "built_in" not in path.parts:
                yield path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_all_that_english_says(language):
    english, other = sentences("en"), sentences(language)

    assert {"missing": sorted(english.keys() - other), "unknown": sorted(other.keys() - english)} == {
        "missing": [],
        "unknown": [],
    }


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_has_the_same_blanks_in_every_language(language):
    wrong = [
        key
        for key in sentences("en").keys() - PATTERNS
        if {frozenset(blanks(form)) for form in forms(language, key)}
        != {frozenset(blanks(form)) for form in forms("en", key)}
    ]

    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_a_sentence_about_a_number_has_the_forms_of_its_language(language):
    wanted = {"other", *locale_of(language).plural_form.tags}
    found = [
        set(kinds) for each in sentences(language).values() if not isinstance(each, str) for kinds in each.values()
    ]

    assert found
    assert [kinds for kinds in found if kinds != wanted] == []


def test_chinese_is_chinese_and_english_is_not():
    left = [key for key in sentences("zh") if key not in SAME and not key.startswith(("language.", "command.usage."))]

    assert [key for key in left if not re.search("[\u3000-\u9fff\uff00-\uffef]", "".join(forms("zh", key)))] == []
    assert [key for key in left if re.search("[\u4e00-\u9fff]", "".join(forms("en", key)))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_names_a_command_as_its_language_does(language):
    own = {key.removeprefix("typed.command."): key for key in sentences("en") if key.startswith("typed.command.")}
    foreign = [command for command in own if command not in names_of(command, language)]
    named = re.compile(rf"(?<![\w./-])/(?:{'|'.join(foreign)})(?![\w/.-])")

    assert [key for key in sentences(language) if named.search(" ".join(forms(language, key)))] == []


def test_files_are_sorted_so_that_two_who_add_a_sentence_seldom_meet():
    assert [each for each in languages() if list(sentences(each)) != sorted(sentences(each))] == []


def test_every_sentence_is_asked_for_somewhere():
    said = "\n".join(sources())
    quoted = set(re.findall(r"""["']([A-Za-z_][\w.:]*)["']""", said))
    begun = tuple(set(re.findall(r"""["']([a-z_.]+[._])(?:\{|["'] [+~])""", said)))

    def is_asked_for(key: str) -> bool:
        names = {key, *(key.removeprefix(prefix) for prefix in PREFIXES if key.startswith(prefix))}
        return bool(names & quoted) or any(name.startswith(begun) for name in names)

    assert [key for key in sentences("en") if not is_asked_for(key) and ":" not in key] == []


def test_no_page_asks_for_a_sentence_that_is_not_there():
    asked = set(re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_]+)["']\s*[,)]""", "\n".join(sources())))
    asked |= {f"status.{each.value}" for each in RequestStatus} | {f"risk.{each.value}" for each in Risk}
    asked |= {f"call.{each.value}" for each in CallState if each not in (CallState.DONE, CallState.FAILED)}

    assert len(asked) > 100
    assert [key for key in sorted(asked) if not knows(f"console.{key}")] == []


def test_no_module_asks_for_a_sentence_that_is_not_there():
    asked = set(re.findall(r"""(?<![.\w])(?:say|in_each|say_in_each)\(\s*["']([\w.:]+)["']""", "\n".join(sources())))

    assert len(asked) > 200
    assert [key for key in sorted(asked) if not knows(key)] == []


def test_no_module_asks_which_language_it_is():
    """Whoever needs to know keeps sentences of its own."""
    asking = re.compile(r"""["'](?:zh|de)["']""")
    kept = [line.strip() for text in sources() for line in text.splitlines() if asking.search(line)]

    assert [line for line in kept if line != A_PLATFORMS] == []


def test_a_number_chooses_the_form_and_is_written_as_the_language_writes_it():
    assert [say("steps.counted", "en", count=count) for count in (1, 2)] == ["1 step", "2 steps"]
    assert say("steps.counted", "zh", count=1) == "1 步"
    assert "1,234" in say("usage.unpriced", "en", count=1234)
    assert LockedOut(30).said("en").startswith("Too many wrong passwords for this name; try again in 1 minute,")
    assert "in 2 minutes," in LockedOut(61).said("en")


def test_what_is_not_there_is_said_in_english():
    assert say("role.admin", "xx") == say("role.admin", "en") == "admin"
    with pytest.raises(KeyError):
        say("role.nobody", "en")


def test_a_sentence_in_every_language_has_a_line_for_each():
    assert say_in_each("role.admin").splitlines() == [say("role.admin", language) for language in languages()]
    assert list(in_each("role.admin")) == list(languages())
    assert languages()[0] == "en"


@pytest.mark.parametrize(
    ("codes", "language"),
    [
        (["zh_CN"], "zh"),
        (["zh-Hans-SG", "en"], "zh"),
        (["fi", "zh"], "zh"),
        ([""], "en"),
        (["fi-FI"], "en"),
        ([], "en"),
    ],
)
def test_codes_of_platforms_are_understood(codes, language):
    assert closest(*codes) == language


@pytest.mark.parametrize(
    ("words", "language"),
    [("zh", "zh"), ("Chinese", "zh"), ("中文", "zh"), ("ENGLISH", "en"), ("英语", "en"), ("klingon", None), ("", None)],
)
def test_people_may_call_a_language_by_its_name(words, language):
    assert language_called(words) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("fi,en;q=0.5,zh;q=0.9", "zh"), ("fr", "en"), ("zh;q=x", "zh")],
)
def test_the_browsers_wish_is_followed(header, language):
    assert preferred(header) == language


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A catalogue of one's own, English beside what a test writes."""
    (tmp_path / "en.json").write_text((LOCALES / "en.json").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(locales, "LOCALES", tmp_path)
    kept = (languages, sentences, locales._negotiated)
    for each in kept:
        each.cache_clear()
    yield tmp_path
    for each in kept:
        each.cache_clear()


def test_a_further_language_is_a_file_and_what_it_lacks_is_said_in_english(own):
    polish = {"steps.counted": {"count": {"one": "{count} krok", "few": "{count} kroki", "other": "{count} kroków"}}}
    (own / "pl.json").write_text(json.dumps(polish), "utf-8")

    assert languages() == ("en", "pl")
    assert [say("steps.counted", "pl", count=count) for count in (1, 3, 5)] == ["1 krok", "3 kroki", "5 kroków"]
    assert say("role.admin", "pl") == "admin"
    assert closest("pl-PL") == "pl"


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": {"count": {"one": "x"}}}'])
def test_a_file_that_is_no_catalogue_is_named_with_what_is_wrong(own, text):
    (own / "xx.json").write_text(text, "utf-8")

    with pytest.raises(CatalogueBroken, match=r"xx\.json"):
        sentences("xx")
