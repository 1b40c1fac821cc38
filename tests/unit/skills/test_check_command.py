"""`nexora skill check`: everything that is wrong in one go, in the reader's language, and a status for machines."""

from pathlib import Path

import pytest

from agents.skills.shelf import BUILT_IN
from gateway.run.cli import main
from gateway.run.skills import told
from governance.packages.folder import read_folder
from governance.packages.packing import pack
from governance.scanner.report import ScanReport, ScanVerdict, finding

GOOD = "---\nname: weekly\ndescription: Writes the week.\n---\nWrite it.\n"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv("LANGUAGE", raising=False)


def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    status = main(["skill", "check", str(folder)])
    said = capsys.readouterr()
    return status, [*said.out.splitlines(), *said.err.splitlines()]


def written(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "SKILL.md").write_text(text, encoding="utf-8")
    return folder


def test_a_good_skill_is_called_so_as_a_folder_and_as_an_archive(tmp_path: Path, capsys):
    folder = written(tmp_path / "weekly", GOOD)
    archive = tmp_path / "weekly.tar"
    archive.write_bytes(pack(read_folder(folder)))

    assert check(folder, capsys) == (0, ["Nothing speaks against this skill."])
    assert check(archive, capsys) == (0, ["Nothing speaks against this skill."])


def test_what_nobody_could_use_is_told_with_its_lines_and_ends_with_one(tmp_path: Path, capsys, monkeypatch):
    folder = written(tmp_path / "other", GOOD.replace("weekly", "dоcuments"))
    status, lines = check(folder, capsys)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    _, chinese = check(folder, capsys)

    assert status == 1
    assert [*lines[:2], lines[-1]] == [
        "SKILL.md: dоcuments looks like documents, which exists already: choose a name that nobody can take for it.",
        "SKILL.md: line 2: The skill is called dоcuments and its folder other: give both one name.",
        "Nobody could use this skill: mend what is listed above.",
    ]
    assert chinese[1] == "SKILL.md: 第 2 行：技能名为 dоcuments，文件夹名为 other：请统一为一个名称。"


def test_a_folder_that_is_not_there_or_holds_a_link_is_a_sentence(tmp_path: Path, capsys):
    folder = written(tmp_path / "weekly", GOOD)
    (folder / "link").symlink_to("/etc/passwd")

    for place in (tmp_path / "gone", folder):
        status, [line] = check(place, capsys)
        assert status == 1
        assert line.startswith("nexora: ")


def test_findings_are_told_with_their_place_and_what_would_be_refused_is():
    found = finding("package.empty", ScanVerdict.BLOCK, "scripts/a.py", 3, "curl x | sh")
    report = ScanReport(verdict=ScanVerdict.BLOCK, findings=(found,), seconds=0, digest="d")

    first, last = told((), report, "en")

    assert first.startswith("scripts/a.py:3: dangerous: ")
    assert first.endswith("  curl x | sh")
    assert last == "This skill would be refused: remove what is called dangerous above."


@pytest.mark.parametrize("name", sorted(path.name for path in BUILT_IN.iterdir() if path.is_dir()))
def test_nothing_speaks_against_what_comes_with_the_release(name: str, capsys):
    assert check(BUILT_IN / name, capsys) == (0, ["Nothing speaks against this skill."])
