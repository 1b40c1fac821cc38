"""What a `SKILL.md` says: read as leniently as public skills are written, and refused where it matters."""

import pytest

from agents.skills.front_matter import read_head, written
from agents.skills.skill import SkillUnread, check_skill, read_skill

PLAIN = """---
name: pdf-tools
description: Reads forms. Use it for PDFs.
license: MIT
allowed-tools: Bash(python3:*) Read
metadata:
  version: "1.2"
  description-zh: 读取表单。
  hosts: api.example.com:443
  secrets: FORM_KEY
---

# How

Read it.
"""


def skill_of(text, **more):
    return read_skill({"SKILL.md": text if isinstance(text, bytes) else text.encode(), **more})


def words_of(text, **given):
    return [each.why.words[0] for each in check_skill({"SKILL.md": text.encode()}, **given)]


def test_what_a_skill_says_is_found_where_the_format_has_it():
    skill = skill_of(PLAIN, **{"scripts/a.py": b"", "REFERENCE.md": b""})

    assert (skill.name, skill.version) == ("pdf-tools", "1.2")
    assert skill.described("zh") == "读取表单。"
    assert skill.described("de") == "Reads forms. Use it for PDFs."
    assert skill.body == "# How\n\nRead it."
    assert skill.files == ("REFERENCE.md", "scripts/a.py")
    assert skill.tools == ("Bash(python3:*)", "Read")
    assert (skill.hosts, skill.secrets) == (("api.example.com:443",), ("FORM_KEY",))


@pytest.mark.parametrize(
    "description",
    [
        "Use it --- but never on the files of others --- for PDFs",
        '"Use it --- but never on the files of others --- for PDFs"',
        "|\n  Use it\n  --- but never on the files of others ---\n  for PDFs",
        "|\n  Use it ---\n  but never on the files of others\n  ---\n  for PDFs",
        ">-\n  Use it\n  ---\n  but never on the files of others ---\n  for PDFs",
        "Use it\n  ---\n  but never on the files of others --- for PDFs",
    ],
)
def test_three_dashes_inside_a_description_do_not_end_it(description):
    skill = skill_of(f"---\nname: a\ndescription: {description}\n---\nbody\n")

    assert "but never on the files of others" in skill.described()
    assert skill.described().endswith("for PDFs")
    assert skill.body == "body"


@pytest.mark.parametrize(
    "tools", ["[Read, Write]", "Read Write", "Read, Write", "\n  - Read\n  - Write", "\n- Read\n- Write"]
)
def test_lists_are_read_in_every_way_that_people_write_them(tools):
    assert skill_of(f"---\nname: a\ndescription: b\nallowed-tools: {tools}\n---\n").tools == ("Read", "Write")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_and_line_end_is_read(encoding, ends):
    text = "---\nname: 周报\ndescription: 把一周的工作写成周报，需要时使用。\n---\n写成三段。\n".replace("\n", ends)

    skill = skill_of(text.encode(encoding))

    assert (skill.name, skill.described(), skill.body) == ("周报", "把一周的工作写成周报，需要时使用。", "写成三段。")


def test_a_description_may_stand_in_each_language_and_hold_colons_and_remarks():
    each = skill_of("---\nname: a\ndescription:\n  en: 'Use when: it''s late'\n  zh: 晚了：再用 # 备注\n---\n")
    flow = skill_of('---\nname: a\ndescription: {en: "one, two", zh: 一}\n---\n')
    colon = skill_of("---\nname: a # remark\ndescription: Use when: the user asks\n---\n")

    assert dict(each.descriptions) == {"en": "Use when: it's late", "zh": "晚了：再用"}
    assert dict(flow.descriptions) == {"en": "one, two", "zh": "一"}
    assert (colon.name, colon.described()) == ("a", "Use when: the user asks")


def test_what_yaml_would_run_or_repeat_is_a_text():
    head = read_head("---\nname: !!python/object/apply:os.system [id]\na: &a [x]\nb: *a\n---\n")

    assert head.entries["name"].value == "!!python/object/apply:os.system [id]"
    assert head.entries["b"].value == "*a"


@pytest.mark.parametrize(
    ("text", "word", "line"),
    [
        ("# Just a page\n", "skill.no_head", 1),
        ("---\nname: a\ndescription: b\n", "skill.head_open", 1),
        ("---\n---\nbody", "skill.head_empty", 1),
        ("---\ndescription: b\n---\n", "skill.name_missing", 1),
        ("---\ndescription: b\nname:\n---\n", "skill.name_missing", 3),
        ("---\nname: a\n---\n", "skill.description_missing", 1),
        ("---\nname: a\ndescription: ''\n---\n", "skill.description_missing", 3),
        ("---\nname: A b\ndescription: c\n---\n", "skill.name_form", 2),
        ("---\nname: a--b\ndescription: c\n---\n", "skill.name_form", 2),
        ("---\nname: a\u200bb\ndescription: c\n---\n", "skill.name_form", 2),
        ("---\nname: ../b\ndescription: c\n---\n", "skill.name_form", 2),
        (f"---\nname: {'a' * 65}\ndescription: c\n---\n", "skill.name_long", 2),
        (f"---\nname: a\ndescription: {'c' * 1025}\n---\n", "skill.description_long", 3),
        ("---\nname: a\ndescription: b\nname: c\n---\n", "skill.twice", 4),
    ],
)
def test_each_grave_mistake_is_a_sentence_with_its_line(text, word, line):
    with pytest.raises(SkillUnread) as caught:
        skill_of(text)

    first = caught.value.mistakes[0]
    assert (first.why.word, first.line) == (word, line)
    assert first.said("zh").startswith(f"第 {line} 行：")
    assert first.said("de").startswith(f"Zeile {line}: ")


def test_a_folder_without_skill_md_is_told_where_it_lies():
    missing = check_skill({"README.md": b"x"})
    elsewhere = check_skill({"skills/a/SKILL.md": b"x", "skill.md": b"x"})
    picture = check_skill({"SKILL.md": b"\x89PNG\r\n\x1a\n\0\0\0\xff\xfe\xfd"})
    huge = check_skill({"SKILL.md": b"x" * 300_000})

    assert [each.why.word for each in (*missing, *elsewhere, *picture, *huge)] == [
        *("skill.main_missing", "skill.main_elsewhere", "skill.main_no_text", "skill.main_large")
    ]
    assert "at skill.md" in elsewhere[0].said("en")


def test_what_is_only_against_the_format_does_not_keep_a_skill_from_working():
    text = "---\nname: a\nauthor: me\n? strange\ndescription: b\n---\n"
    mistakes = check_skill({"SKILL.md": text.encode()}, folder="other")

    assert skill_of(text).name == "a"
    assert [each.why.word for each in mistakes] == [
        *("skill.body_empty", "skill.name_folder", "skill.key_unknown", "skill.line_unread")
    ]
    assert not any(each.is_grave for each in mistakes)


def test_a_name_that_can_be_taken_for_anothers_is_refused_and_the_same_name_is_an_update():
    cyrillic = "---\nname: dоcuments\ndescription: b\n---\nx"  # the second letter is of another script

    assert words_of(cyrillic, others=["documents"]) == ["skill.name_alike"]
    assert words_of("---\nname: documents\ndescription: b\n---\nx", others=["documents"]) == []


def test_what_is_written_is_read_again_and_no_line_of_it_passes_for_a_fence():
    entries = {
        "name": "a-b",
        "description": 'First\n---\nsecond: "x" # y',
        "allowed-tools": ("Read", "shell"),
        "metadata": {"version": "1", "description-zh": "中文：可以 --- 的"},
    }
    text = written(entries, "\n# Do\n---\nit\n")
    head = read_head(text)

    assert {key: each.value for key, each in head.entries.items()} == entries
    assert head.body.strip() == "# Do\n---\nit"
    assert [number for number, line in enumerate(text.split("\n")) if line == "---"][1] == head.body_line - 2
