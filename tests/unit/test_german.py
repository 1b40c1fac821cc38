"""German, which proves that a further language is a file: somebody else's dictionary knows every word of it.

The dictionary is the list of German words in `pyspellchecker`. German puts words together without end, so a word is
known too when it ends in a known one and what stands before is known, with or without the letters that join them.
"""

import gzip
import json
import re
from functools import cache
from importlib.resources import files

from agents.models.rehearsal.phrases import intent_in
from channels.locales import closest, language_called, say, sentences, written_in
from governance.sign_in.attempts import LockedOut

OURS = frozenset(
    """
    admin
    admins
    app
    bluebubbles
    bots
    branch
    bubblewrap
    cloud
    commits
    console
    discord
    feishu
    fork-bombe
    git
    git-repository
    here-dokument
    host
    hosts
    landlock
    lark
    median
    mehreres
    metadatendienst
    nexora
    oauth
    ollama
    openclaw
    permission
    permissions
    pip
    plugin
    plugins
    pypi
    qq
    repository
    repositorys
    reverse-shells
    sandbox
    scope
    seccomp
    set-uid-bits
    skill
    skills
    slack-app
    slack-workspace
    tar
    threads
    token
    allow
    egress
    wecom
    wheel
    workspace
    zip
    """.split()  # noqa: SIM905  # one a line, so that additions of two hands do not collide
)
"""What is called so in our trade, and names."""
SPARED = ("language.", "rehearsal.heard.", "command.usage.", "typed.")
TYPED = re.compile(
    r"`[^`]*`|\{[^}]*\}|https?\b\S*|\S*/\S*|\S*_\S*|--\w+|\b[A-Z]{2,}\b|\bid\b|\.venv|channels\.|LM Studio|llama\.cpp"
    r"|nexora (?:check|user)|application/json|\bnew NAME|\b\d+[hd]\b"
    r"|(?<=[a-z}] )(?:here|once|force|create|allow|deny|revoke)\b"
    r"|\w+\.(?:md|txt|yaml|com|transcription|trusted)\b|uname -a|ls -l|\bgit\b|`models`"
)
"""What is not said but typed: commands, files, settings, keys."""
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
JOINTS = ("", "s", "es", "n", "en")
SHORTEST = 4
"""Letters of a part; shorter ones would make a word of nearly everything."""


@cache
def dictionary() -> frozenset[str]:
    packed = (files("spellchecker") / "resources" / "de.json.gz").read_bytes()
    return frozenset(json.loads(gzip.decompress(packed)))


def is_known(word: str) -> bool:
    lowered = word.lower()
    if lowered in OURS or lowered in dictionary():
        return True
    if "-" in lowered:
        return all(is_known(part) for part in lowered.split("-") if part)
    places = range(SHORTEST, len(lowered) - SHORTEST + 1)
    return any(lowered[place:] in dictionary() and _joins(lowered[:place]) for place in places)


def _joins(head: str) -> bool:
    stems = (head.removesuffix(joint) for joint in JOINTS if head.endswith(joint))
    return any(len(stem) >= SHORTEST and stem in dictionary() for stem in stems)


def forms(key: str) -> list[str]:
    sentence = sentences("de")[key]
    return [sentence] if isinstance(sentence, str) else [form for each in sentence.values() for form in each.values()]


def said() -> dict[str, list[str]]:
    return {key: forms(key) for key in sentences("de") if not key.startswith(SPARED)}


def test_the_dictionary_knows_every_word():
    unknown = {
        word: key
        for key, told in said().items()
        for form in told
        for word in WORD.findall(TYPED.sub(" ", form))
        if len(word) > 1 and not is_known(word)
    }

    assert unknown == {}


def test_the_dictionary_would_find_a_mistake():
    wrong = ("Genemigung", "Anfage", "Knofiguration", "abgeleht", "Freigabeanfarge", "Netzwek")

    assert [word for word in wrong if is_known(word)] == []
    assert all(is_known(word) for word in ("Freigabeanfrage", "Netzwerkverbindung", "Sie", "zurückgezogen"))


def test_people_are_addressed_formally_and_marks_are_german():
    informal = re.compile(r"\b(?:du|dich|dir|dein\w*|euch|euer\w*)\b", re.IGNORECASE)

    assert [key for key, told in said().items() if informal.search(" ".join(told))] == []
    assert [key for key, told in said().items() if re.search(r"[“][^„]*[”]", " ".join(told))] == []


def test_german_is_found_by_its_codes_its_names_and_its_letters():
    assert closest("de-AT") == closest("fr", "de_DE") == "de"
    assert language_called("German") == language_called("Deutsch") == language_called("德语") == "de"
    assert written_in("Können Sie mir helfen?") == "de"


def test_numbers_are_german():
    assert say("steps.counted", "de", count=1) == "1 Schritt"
    assert say("steps.counted", "de", count=3) == "3 Schritte"
    assert "1.234 Aufrufe" in say("usage.unpriced", "de", count=1234)
    assert "in 1 Minute noch" in LockedOut(30).said("de")


def test_the_rehearsal_understands_what_its_german_help_names():
    offered = re.findall(r"^- (.+?)(?: \(.*\))?$", say("rehearsal.help", "de"), re.MULTILINE)

    assert len(offered) == 9
    assert [(intent_in(line)[0].name, intent_in(line)[1]) for line in offered] == [("call", "de")] * 9
    assert dict(intent_in("führe uname -a aus")[0].arguments)[("command", "cmd")] == "uname -a"
