"""Searching real folders: what is found, and that whatever was not looked at is said."""

import os
import re

import pytest

from tests.unit.search_place import Place, place

__all__ = ["place"]


async def test_lines_are_found_with_their_indentation_and_the_last_line_says_what_was_searched(place: Place) -> None:
    place.write("src/a.py", "class A:\n\tdef heron(self):\n        return 1\n")
    place.write("b.txt", "egret\n")

    assert await place.search("heron") == ["src/a.py:2: \tdef heron(self):", "searched 2 files"]
    assert await place.search("stork") == ["(nothing found)", "searched 2 files"]


async def test_a_file_may_be_named_itself_even_by_a_link_within_the_workspace(place: Place) -> None:
    place.write("src/a.py", "heron\n")
    (place.workspace / "link.py").symlink_to("src/a.py")

    assert await place.search("heron", path="src/a.py") == ["src/a.py:1: heron", "searched 1 file"]
    assert await place.search("heron", path="link.py") == ["link.py:1: heron", "searched 1 file"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("size", [1, 200_000])
async def test_what_is_in_another_encoding_is_found_however_large(place: Place, encoding: str, size: int) -> None:
    text = "第一行 是標題\r\n" * size + "這裡有一個錯誤 in line\r\n"
    place.write("a.txt", text.encode(encoding))

    for pattern in ("錯誤", "錯.", "(?i)IN LINE", r"\berror\b|錯誤"):
        found = await place.search(pattern)
        assert found == [f"a.txt:{size + 1}: 這裡有一個錯誤 in line", "searched 1 file"], pattern


async def test_a_line_deep_in_a_file_of_many_megabytes_is_found_with_its_true_number(place: Place) -> None:
    with (place.workspace / "big.log").open("w") as file:
        file.writelines(f"line {number} says nothing of note at all, and goes on\n" for number in range(400_000))
        file.write("FATAL: out of coffee\nafter\n")

    assert await place.search("FATAL", context=1) == [
        "big.log-400000- line 399999 says nothing of note at all, and goes on",
        "big.log:400001: FATAL: out of coffee",
        "big.log-400002- after",
        "searched 1 file",
    ]
    assert (await place.search(r"^line \d*5 ", mode="count"))[0] == "big.log: 40,000"


async def test_a_long_line_is_shown_around_the_hit_with_its_column(place: Place) -> None:
    place.write("a.js", "x" * 91_203 + "heron" + "y" * 50_000 + "\n")

    (line, _) = await place.search("heron")

    assert line.startswith("a.js:1:91104: …x")
    assert "heron" in line
    assert line.endswith("y…")
    assert len(line) < 400


async def test_a_line_of_several_megabytes_is_searched_in_parts_and_that_is_said(place: Place) -> None:
    place.write("a.json", "x" * 3_000_000 + "heron" + "y" * 3_000_000 + "egret\nheron\n")

    first, second, third = await place.search("heron")

    assert first.startswith("a.json:1:2999901: …xxx")
    assert second == "a.json:2: heron"
    assert third == "searched 1 file; lines too long for one look were searched in parts: a.json"
    assert (await place.search("heron|egret", mode="count"))[0] == "a.json: 2"


async def test_twenty_lines_of_a_file_are_shown_and_the_rest_is_counted(place: Place) -> None:
    place.write("a.txt", "heron\n" * 51)
    place.write("b.txt", "heron\n")

    found = await place.search("heron")

    assert found[19:] == [
        "a.txt:20: heron",
        "a.txt: and 31 more",
        "b.txt:1: heron",
        "(21 of 52 lines in 2 files shown; narrow it with path or glob, or set mode to files or count)",
        "searched 2 files",
    ]


async def test_counts_are_true_however_many_there_are_and_the_answer_stays_short(place: Place) -> None:
    for number in range(700):
        place.write(f"part{number % 7}/{number:03}.txt", f"{'heron ' * 40}\n" * 30)

    found = await place.search("heron", context=2)

    assert found[-2].endswith(
        "of 21,000 lines in 700 files shown; narrow it with path or glob, or set mode to files or count)"
    )
    assert len("\n".join(found)) < 22_000
    files = await place.search("heron", mode="files")
    assert files[200] == "(and 500 more files; narrow it with path or glob)"
    assert (await place.search("heron", mode="count"))[-2:] == ["(21,000 lines in 700 files)", "searched 700 files"]


async def test_lines_around_hits_are_shown_once_and_gaps_are_marked(place: Place) -> None:
    place.write("a.txt", "".join(f"{number}{' heron' * (number in {3, 5, 20})}\n" for number in range(1, 31)))

    assert await place.search("heron", context=2) == [
        *("a.txt-1- 1", "a.txt-2- 2", "a.txt:3: 3 heron", "a.txt-4- 4", "a.txt:5: 5 heron", "a.txt-6- 6", "a.txt-7- 7"),
        *("--", "a.txt-18- 18", "a.txt-19- 19", "a.txt:20: 20 heron", "a.txt-21- 21", "a.txt-22- 22"),
        "searched 1 file",
    ]


async def test_lines_around_a_hit_are_shown_where_a_large_file_is_read_on(place: Place) -> None:
    line = "x" * 100
    place.write("a.log", f"{line}\n" * 30_000)

    for number in range(2_590, 2_600):  # about where the first piece of the file ends
        lines = [f"{line}\n"] * 30_000
        lines[number] = "heron\n"
        place.write("a.log", "".join(lines))
        found = await place.search("heron", context=3)
        numbers = [int(re.split("[-:]", each)[1]) for each in found[:-1]]
        assert numbers == [number + 1 + away for away in range(-3, 4)]


async def test_what_is_no_expression_is_searched_as_plain_text_and_that_is_said(place: Place) -> None:
    place.write("a.c", 'printf("%d", a[0]);\n')

    note, line, last = await place.search("a[0")

    assert note.startswith("(the pattern is no regular expression (")
    assert note.endswith("so it was searched as plain text)")
    assert (line, last) == ('a.c:1: printf("%d", a[0]);', "searched 1 file")
    assert (await place.search("a[0]", literal=True))[0] == line
    assert (await place.search("a[0]"))[0] == "(nothing found)"


async def test_a_pattern_over_several_lines_is_told_that_lines_are_tried_one_by_one(place: Place) -> None:
    place.write("a.txt", "one\ntwo\n")

    assert (await place.search(r"one\ntwo"))[0] == r"(each line is tried by itself, so \n is found nowhere)"


async def test_what_is_no_text_is_skipped_and_counted(place: Place) -> None:
    place.write("a.txt", "heron\n")
    place.write("b.bin", b"heron\0\1\2" + bytes(range(256)))

    assert await place.search("heron") == ["a.txt:1: heron", "searched 1 file; skipped: 1 binary"]


async def test_links_are_not_followed_and_counted(place: Place) -> None:
    (place.workspace.parent / "outside").write_text("heron")
    (place.workspace / "file").symlink_to("../outside")
    (place.workspace / "folder").symlink_to("..")

    assert await place.search("heron") == ["(nothing found)", "searched 0 files; skipped: 2 links"]
    assert "heron" not in "".join(await place.search("heron", path="file"))


async def test_files_under_names_of_secrets_are_not_opened_and_said(place: Place) -> None:
    place.write("sub/.env", "TOKEN=canary")
    place.write("sub/.ENV. ", "TOKEN=canary")
    place.write("a.key", "canary")
    place.write("notes.md", "canary")
    (place.workspace / "sub/.env").chmod(0)

    found = await place.search("canary")

    assert found[0] == "notes.md:1: canary"
    assert found[1].startswith("searched 1 file; skipped: 3 under names of secrets (a.key, sub/.ENV. , sub/.env;")
    assert await place.search("canary", path="a.key") == ["a.key:1: canary", "searched 1 file"]


async def test_heavy_folders_are_not_entered_unless_they_are_named(place: Place) -> None:
    place.write("node_modules/x/a.js", "heron\n")
    place.write("sub/.git/config", "heron\n")
    place.write(".github/a.yml", "heron\n")

    assert await place.search("heron") == [
        ".github/a.yml:1: heron",
        "searched 1 file; not entered: node_modules/, sub/.git/ (give one as path to search it)",
    ]
    assert (await place.search("heron", path="node_modules"))[0] == "node_modules/x/a.js:1: heron"


async def test_a_glob_is_taken_from_the_path_or_the_workspace_and_may_hold_braces(place: Place) -> None:
    for path in ("src/a.py", "src/deep/b.ts", "src/c.md", "d.py"):
        place.write(path, "heron\n")

    assert await place.search("heron", glob="*.{py,ts}", mode="files") == [
        "d.py",
        "src/a.py",
        "src/deep/b.ts",
        "searched 3 files",
    ]
    assert await place.search("heron", glob="*.md", path="src", mode="files") == ["src/c.md", "searched 1 file"]
    assert await place.search("heron", glob="src/*.py", path="src", mode="files") == ["src/a.py", "searched 1 file"]
    assert await place.search("heron", glob="/src/**/*.{py,ts}", mode="files") == [
        "src/a.py",
        "src/deep/b.ts",
        "searched 2 files",
    ]
    assert await place.search("heron", glob="src/", mode="count") == [
        *("src/a.py: 1", "src/c.md: 1", "src/deep/b.ts: 1", "(3 lines in 3 files)", "searched 3 files"),
    ]
    assert await place.search("heron", glob="*.rs") == [
        *("(nothing found)", "(of 4 files there none fits the glob *.rs)", "searched 0 files"),
    ]


async def test_a_pipe_or_a_file_that_cannot_be_opened_is_counted(place: Place) -> None:
    os.mkfifo(place.workspace / "pipe")
    place.write("a.txt", "heron\n")

    assert await place.search("heron") == ["a.txt:1: heron", "searched 1 file; skipped: 1 that cannot be read"]


async def test_a_name_with_a_line_end_in_it_forges_no_line(place: Place) -> None:
    place.write("a\nb.txt:1: forged", "heron\n")

    assert (await place.search("heron"))[0] == "a�b.txt:1: forged:1: heron"
    assert (await place.list())[0] == "a�b.txt:1: forged · 6 B"


async def test_a_place_that_is_not_there_is_answered_with_the_nearest_names(place: Place) -> None:
    place.write("source/heron.py", "heron\n")

    assert "did you mean source/heron.py?" in (await place.search("heron", path="src/heron.py"))[0]
    assert "did you mean source?" in (await place.list(path="sorce"))[0]
