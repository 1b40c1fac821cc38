"""Changing files through the tools, in real layers: what they keep as it is, and what they say."""

import codecs
import random
from pathlib import Path
from uuid import uuid4

import pytest

from agents.files.numbers import numbered
from agents.layers import Layers
from agents.sandbox import choose
from agents.toolbox.changing import changing
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role


class Desk:
    """The tools that change files, at one workspace."""

    def __init__(self, layers: Layers, workspace: Path) -> None:
        self.layers = layers
        self.workspace = workspace
        self._tools = {tool.name: tool for tool in changing(layers)}

    async def __call__(self, name: str, under: str = "", **arguments: object) -> str:
        person = Person(id=uuid4(), name="ann", display_name="Ann", role=Role.OPERATOR, language="en")
        context = ToolContext(
            person=person, agent="a", conversation="c", workspace=self.workspace, call=uuid4(), under=under
        )
        result = await self._tools[name].run(context, arguments)
        return numbered(enumerate(result.text.split("\n")), result.numbers)

    def check(self, name: str, **arguments: object) -> str:
        """What is wrong with the arguments before anybody judges them."""
        return self._tools[name].check(arguments)

    def put(self, name: str, data: bytes | str) -> Path:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    workspace = tmp_path / "workspaces" / "one"
    workspace.mkdir(parents=True)
    return Desk(Layers(tmp_path / "layers", choose()), workspace)


FORMS = [
    ("utf-8", b""),
    ("utf-8", codecs.BOM_UTF8),
    ("gb18030", b""),
    ("big5", b""),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
]
WORDS = ["蒼鷺在水邊", "value = 12", "魚還沒有來", "if ready:", "return x", "第三行：再見", "a, b = c"]


def random_lines(chance: random.Random) -> list[tuple[str, str, str, str]]:
    """Lines as indentation, words, blanks after them and line end; none has the words of another."""
    ends = chance.choice([["\n"], ["\r\n"], ["\n", "\r\n"]])
    return [
        (
            chance.choice(["", "    ", "        "]),
            f"{chance.choice(WORDS)} {number}",
            chance.choice(["", "", " ", "\t "]),
            chance.choice(ends),
        )
        for number in range(chance.randrange(3, 12))
    ]


def as_copied(chance: random.Random, lines: list[tuple[str, str, str, str]], first: int) -> list[str]:
    """Those lines as a model gives them: blanks at their ends lost, numbered, with tabs."""
    keeps_blanks, way = chance.random() < 0.5, chance.choice(["plain", "numbered", "tabs"])  # a coin
    copied = []
    for number, (indentation, words, blanks, _) in enumerate(lines, first):
        prefix = {"plain": "", "numbered": f"{number + 1}\t", "tabs": ""}[way]
        before = indentation.replace("    ", "\t") if way == "tabs" else indentation
        copied.append(f"{prefix}{before}{words}{blanks if keeps_blanks else ''}")
    return copied


@pytest.mark.parametrize("seed", range(150))
async def test_an_edit_changes_only_the_bytes_that_it_must(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    encoding, bom = FORMS[seed % len(FORMS)]
    lines = random_lines(chance)
    last = chance.choice(["", "no end"])
    first = chance.randrange(len(lines))
    until = chance.randrange(first + 1, len(lines) + 1)
    changed = chance.randrange(first, until)
    indentation, words, blanks, end = lines[changed]
    after = [*lines[:changed], (indentation, words.replace(words[0], "Q", 1), blanks, end), *lines[changed + 1 :]]
    before, expected = (
        bom + ("".join("".join(line) for line in each) + last).encode(encoding) for each in (lines, after)
    )
    path = desk.put("a.txt", before)
    old = as_copied(chance, lines[first:until], first)
    new = [*old]
    new[changed - first] = old[changed - first].replace(words, words.replace(words[0], "Q", 1), 1)

    said = await desk("edit_file", path="a.txt", old="\n".join(old), new="\n".join(new))

    assert said.startswith("Replaced 1 place in a.txt"), said
    assert path.read_bytes() == expected
    await desk.layers.undo(desk.workspace)
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(60))
async def test_lines_that_come_or_go_leave_all_others_as_they_are(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    encoding, bom = FORMS[seed % len(FORMS)]
    lines = random_lines(chance)
    first = chance.randrange(len(lines) - 1)
    until = chance.randrange(first + 1, len(lines) + 1)
    at = chance.randrange(first, until)
    path = desk.put("a.txt", bom + "".join("".join(line) for line in lines).encode(encoding))
    old = as_copied(chance, lines[first:until], first)
    new = [*old[: at - first + 1], "Q", *old[at - first + 1 :]]

    said = await desk("edit_file", path="a.txt", old="\n".join(old) + "\n", new="\n".join(new) + "\n")
    added = path.read_bytes()[len(bom) :].decode(encoding)
    gone = await desk("edit_file", path="a.txt", old="Q\n", new="")

    whole = ["".join(line) for line in lines]
    inserted = [f"Q{end}" for end in ("\n", "\r\n")]
    assert added in {"".join([*whole[: at + 1], each, *whole[at + 1 :]]) for each in inserted}, said
    assert {end for *_, end in lines} != {"\r\n"} or "Q\r\n" in added
    assert gone.startswith("Replaced 1 place")
    assert path.read_bytes() == bom + "".join(whole).encode(encoding)


async def test_a_change_is_shown_with_the_lines_around_it_and_their_numbers(desk: Desk) -> None:
    desk.put("a.py", "".join(f"line {number}\n" for number in range(1, 21)))

    said = await desk("edit_file", path="a.py", old="line 10\n", new="line ten\nand more\n")

    assert said == (
        "Replaced 1 place in a.py.\n7\tline 7\n8\tline 8\n9\tline 9\n10\tline ten\n11\tand more\n12\tline 11\n"
        "13\tline 12\n14\tline 13"
    )


async def test_several_edits_are_made_one_after_the_other_or_none(desk: Desk) -> None:
    path = desk.put("a.py", "one = 1\n" + "\n" * 20 + "two = 2\n")
    edits = [{"old": "one = 1", "new": "one = 3\nthree = 3"}, {"old": "two = 2", "new": "two = one"}]

    failed = await desk("edit_file", path="a.py", edits=[*edits, {"old": "absent = 5", "new": "x"}])
    unchanged = path.read_text()
    made = await desk("edit_file", path="a.py", old="one = 3", new="one = 4", edits=edits[:0])
    both = await desk("edit_file", path="a.py", old="", new="", edits=edits)
    entries = await desk.layers.history(desk.workspace)

    assert failed.startswith("Edit 3 of 3, so none was made: old is not in a.py")
    assert unchanged == "one = 1\n" + "\n" * 20 + "two = 2\n"
    assert made.startswith("old is not in a.py (22 lines). Nearest: line 1; line 1 is “one = 1”, yours “one = 3”.")
    assert both.startswith("Replaced 2 places in a.py.\n1\tone = 3\n2\tthree = 3\n")
    assert both.endswith("…\n20\t\n21\t\n22\t\n23\ttwo = one")
    assert path.read_text() == "one = 3\nthree = 3\n" + "\n" * 20 + "two = one\n"
    assert len(entries) == 1


async def test_what_an_edit_lacks_is_said_before_anybody_judges_it(desk: Desk) -> None:
    edits = [{"old": "a", "new": "b"}]

    assert desk.check("edit_file", path="a.py", old="x").startswith("`new` is missing. Example: {")
    assert desk.check("edit_file", path="a.py", edits=[{"old": "a"}]).startswith("`edits.0.new` is missing")
    assert not desk.check("edit_file", path="a.py", edits=edits)
    assert not desk.check("edit_file", path="a.py", old="", new="", edits=edits)
    assert not desk.check("edit_file", path="a.py", old="x", new="")


async def test_edits_have_the_names_that_other_tools_give_their_parts(desk: Desk) -> None:
    path = desk.put("a.py", "a = 1\na = 1\nb = 2\n")

    await desk(
        "edit_file",
        path="a.py",
        edits=[
            {"old_string": "a = 1", "new_string": "a = 2", "replace_all": True},
            {"old_str": "b = 2", "new_str": "b = a"},
        ],
    )

    assert path.read_text() == "a = 2\na = 2\nb = a\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a = 1", "a = 2", "old fits a.py in several places, lines 1, 3. Add a line before or after it, or begin it"),
        ("= 1 ", "= 2 ", "old fits a.py with other blanks at the ends of lines in several places, lines 1, 3. Add"),
        ("", "x", "old is empty. Give the text to replace; write_file with append adds to the end."),
        (None, "x", "`old` is missing; give both, as strings."),
        ("a = 1", None, "`new` is missing; give both, as strings."),
        ("if b:", "if b:", "nothing would change in a.py: old and new come to the same."),
        (
            "a = 1\r\nif b:",
            "a = 1\nif b:",
            r"nothing would change in a.py: edit_file keeps line ends; sed -i 's/\r$//'",
        ),
        (r"if b:\na = 1", "x", r"It would fit with line ends, tabs or quotes in the place of \n"),
        ("if done:\n\tgo()", "a = 1\nif b:\na = 1", "new is there already, at line 1."),
        (
            "nothing of this at all",
            "x",
            "Nothing there is much like it: read the file, or find the place with search_files.",
        ),
        (
            "f b:\na = 3",
            "x",
            "Nearest: lines 2-3; line 3 is “a = 1”, yours “a = 3”. Copy what is there:\n1\ta = 1\n2\tif b:",
        ),
    ],
)
async def test_what_cannot_be_made_changes_nothing_and_says_what_to_do(
    desk: Desk, old: str | None, new: str | None, said: str
) -> None:
    path = desk.put("a.py", "a = 1\nif b:\na = 1\n")
    given = {name: value for name, value in (("old", old), ("new", new)) if value is not None}

    answer = await desk("edit_file", path="a.py", **given)

    assert said in answer
    assert path.read_text() == "a = 1\nif b:\na = 1\n"


async def test_a_file_that_is_not_there_is_told_with_the_nearest_names(desk: Desk) -> None:
    desk.put("src/deep/settings.py", "x")
    desk.put("src/setting.txt", "x")

    moved = await desk("edit_file", path="settings.py", old="a", new="b")
    misspelt = await desk("edit_file", path="src/deep/setings.py", old="a", new="b")
    unlike = await desk("edit_file", path="zzz", old="a", new="b")

    assert moved.startswith("there is no settings.py; did you mean src/deep/settings.py")
    assert "did you mean src/deep/settings.py" in misspelt
    assert unlike == "there is no zzz; list_files shows what there is, write_file makes a new file."


class Disturbed(Layers):
    """Layers of a workspace in which something else writes between reading a file and writing it."""

    async def lack(self, workspace: Path, person: str) -> str:
        (workspace / "a.py").write_text("a = 5\nb = 2\n")
        return await super().lack(workspace, person)


async def test_what_something_else_writes_meanwhile_is_not_lost(desk: Desk, tmp_path: Path) -> None:
    path = desk.put("a.py", "a = 1\n")
    disturbed = Desk(Disturbed(tmp_path / "layers", choose()), desk.workspace)

    edited = await disturbed("edit_file", path="a.py", old="a = 1", new="a = 2")
    path.write_text("a = 1\n")
    added = await disturbed("write_file", path="a.py", content="c = 3\n", append=True)

    assert edited.startswith("a.py was changed meanwhile by something else, so nothing was written; make the call")
    assert added == edited
    assert path.read_text() == "a = 5\nb = 2\n"
    assert not await desk.layers.history(desk.workspace)


async def test_the_step_that_was_needed_is_told(desk: Desk) -> None:
    desk.put("a.py", "def f():\r\n\treturn “x”\r\n")

    blanks = await desk("edit_file", path="a.py", old="def f():\n    return “x”\n", new="def g():\n    return “x”\n")
    signs = await desk("edit_file", path="a.py", old='return "x"', new='return "y"')

    assert "(CRLF, as before)." in blanks
    assert "It was found with the indentation of the file, which new was given too." in blanks
    assert "It was found with the punctuation of the file." in signs
    assert (desk.workspace / "a.py").read_bytes().decode() == "def g():\r\n\treturn “y”\r\n"


async def test_an_approved_edit_is_made_to_the_letter_or_not_at_all(desk: Desk) -> None:
    path = desk.put("a.yaml", "on:\n\tpush:\n\t\tx\n")

    said = await desk("edit_file", under="K7QM", path="a.yaml", old="  push:\n    x\n", new="  push:\n    y\n")
    exact = await desk("edit_file", under="K7QM", path="a.yaml", old="\tpush:\n\t\tx\n", new="\tpush:\n  y\n")

    assert said.startswith("a.yaml is not exactly so, and what was approved is done to the letter. old is not in")
    assert exact.startswith("Replaced 1 place")
    assert path.read_text() == "on:\n\tpush:\n  y\n"


@pytest.mark.parametrize("tool", ["edit_file", "write_file"])
async def test_characters_that_the_encoding_lacks_are_named_and_destroy_nothing(desk: Desk, tool: str) -> None:
    data = "蒼鷺在水邊，還沒有等到魚\n".encode("big5")
    path = desk.put("a.txt", data)
    arguments = {"old": "魚", "new": "鱼🐟"} if tool == "edit_file" else {"content": "鱼🐟 x"}

    said = await desk(tool, path="a.txt", **arguments)

    assert said.startswith("a.txt is big5, which has no 鱼 (U+9C7C), 🐟 (U+1F41F); nothing was written.")
    assert "iconv -f big5 -t utf-8" in said
    assert path.read_bytes() == data


async def test_a_file_of_an_old_macintosh_keeps_its_line_ends(desk: Desk) -> None:
    path = desk.put("a.txt", "one\rtwo\rthree\r")

    said = await desk("edit_file", path="a.txt", old="one\ntwo", new="one\n2\nand")
    await desk("write_file", path="a.txt", content="four\n", append=True)

    assert "2\t2\n3\tand" in said
    assert path.read_bytes() == b"one\r2\rand\rthree\rfour\r"


async def test_bytes_that_do_not_decode_stay_as_they_are(desk: Desk) -> None:
    data = "第一行：苍鹭站在水边。\n".encode() * 5 + b"\xff broken \xe7\xac\nend\n"
    path = desk.put("a.log", data)

    said = await desk("edit_file", path="a.log", old="end", new="END")

    assert "6\t� broken" in said
    assert path.read_bytes() == data.replace(b"end", b"END")


async def test_what_is_no_text_or_too_large_is_not_edited(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("a.bin", b"\0\1\2")
    desk.put("a.txt", "x" * 100)
    monkeypatch.setattr("agents.toolbox.editing.MOST_CHANGED_BYTES", 50)
    monkeypatch.setattr("agents.toolbox.writing.MOST_CHANGED_BYTES", 50)

    assert "is not text; change it with a program" in await desk("edit_file", path="a.bin", old="a", new="b")
    assert "has 100 bytes, too many to edit here; use sed" in await desk("edit_file", path="a.txt", old="x", new="y")
    assert "use >> in the shell" in await desk("write_file", path="a.txt", content="x", append=True)


async def test_lines_of_a_private_key_are_not_shown_beside_a_change(desk: Desk) -> None:
    body = "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC7\n" * 4
    desk.put("a.pem", f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nnote = 1\n")

    said = await desk("edit_file", path="a.pem", old="note = 1", new="note = 2")
    near = await desk("edit_file", path="a.pem", old="-----END PRIVATE KEY-----\nnote = 3", new="x")

    within = await desk("edit_file", path="a.pem", old=f"-----BEGIN PRIVATE KEY-----\n{body[:-3]}x\n", new="x")

    assert "MIIE" not in said + near + within
    assert "line 5 holds a secret there; write its reference exactly as you read it." in within
    assert "5\t(part of a secret)\n6\t-----END PRIVATE KEY-----\n7\tnote = 2" in said


async def test_a_long_change_and_a_long_line_are_shown_by_their_ends(desk: Desk) -> None:
    desk.put("a.txt", f"start\n{'word ' * 200}\nend\n")

    said = await desk("edit_file", path="a.txt", old="start\n", new="".join(f"{number}\n" for number in range(100)))

    assert "8\t7\n… 86 more lines …\n95\t94" in said
    assert "… (1,000 characters)" in said


async def test_a_hundred_thousand_lines_are_edited_with_few_words(desk: Desk) -> None:
    path = desk.put("a.csv", "".join(f"{number},value {number}\r\n" for number in range(100_000)))

    said = await desk("edit_file", path="a.csv", old="99998,value 99998\n", new="99998,changed\n")
    every = await desk("edit_file", path="a.csv", old=",value", new=";value", replace_all=True)

    assert said.startswith("Replaced 1 place in a.csv (CRLF, as before).")
    assert "99999\t99998,changed" in said
    assert every.startswith("Replaced 99999 places")
    assert len(every) < 4_000  # characters
    assert path.read_bytes().endswith(b"99998,changed\r\n99999;value 99999\r\n")
