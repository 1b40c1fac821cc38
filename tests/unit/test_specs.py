"""Agents as people write them down."""

import os
import re
from pathlib import Path

import pytest

from agents.specs import AgentSpec, SpecFolder, SpecInvalid, SpecMissing

ROOT = Path(__file__).parents[2]
TOOLS = ("current_time", "fetch_url", "list_files", "read_file", "search_files", "shell", "write_file")


@pytest.fixture
def folder(tmp_path: Path) -> SpecFolder:
    return SpecFolder(tmp_path)


def write(folder: SpecFolder, name: str, text: str = "instructions: Help.") -> Path:
    path = folder.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_file_makes_an_agent_with_every_tool(folder: SpecFolder) -> None:
    write(folder, "dba.yaml")

    spec = folder.load("dba")

    assert (spec.name, spec.instructions, spec.model, spec.max_steps) == ("dba", "Help.", (), 30)
    assert spec.may_use("anything")


def test_a_long_file_says_everything(folder: SpecFolder) -> None:
    text = """
name: dba
description: Databases. 数据库。
instructions: |
  You look after PostgreSQL.
model: [deepseek/deepseek-v4-pro, ollama/qwen3:8b]
tools: [shell, read_file]
max_steps: 5
temperature: 0.1
language: zh
"""
    write(folder, "dba.yml", text)

    spec = folder.load("dba")

    assert spec == AgentSpec(
        name="dba",
        description="Databases. 数据库。",
        instructions="You look after PostgreSQL.\n",
        model=("deepseek/deepseek-v4-pro", "ollama/qwen3:8b"),
        tools=("shell", "read_file"),
        max_steps=5,
        temperature=0.1,
        language="zh",
    )
    assert [spec.may_use(tool) for tool in ("shell", "fetch_url")] == [True, False]


@pytest.mark.parametrize(("tools", "has_shell"), [("all", True), ("[]", False), ("[shell]", True)])
def test_all_tools_no_tools_and_some_tools_are_told_apart(folder: SpecFolder, tools: str, has_shell: bool) -> None:
    write(folder, "dba.yaml", f"instructions: Help.\nmodel: ollama/qwen3:8b\ntools: {tools}")

    assert folder.load("dba").may_use("shell") is has_shell
    assert folder.load("dba").model == ("ollama/qwen3:8b",)


def test_every_mistake_is_told_at_once_with_its_place_and_what_was_meant(folder: SpecFolder) -> None:
    write(folder, "dba.yaml", "instrctions: Help.\nmax_steps: 0\nmodel: gpt-5\nlanguage: klingon\ncolour: red")

    with pytest.raises(SpecInvalid) as caught:
        folder.load("dba")

    found = {problem.path: f"{problem.message} {problem.suggestion}".strip() for problem in caught.value.problems}
    assert set(found) == {"instructions", "instrctions", "max_steps", "model.0", "language", "colour"}
    assert found["instructions"] == "must be given"
    assert found["instrctions"] == "is no setting of an agent did you mean instructions?"
    assert found["model.0"].startswith("write provider/model, such as openai/")
    assert found["colour"].startswith("is no setting of an agent known are name, description")
    assert "dba.yaml: max_steps: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("instructions: [", "is no YAML"),
        ("instructions: !!python/object/apply:os.system [id]", "is no YAML"),
        ("- a\n- b", r"must hold keys and values \(begin with instructions:\)"),
        ("", "must hold keys and values"),
        ("name: other\ninstructions: Help.", "name: must be dba, as the file is named, or be left out"),
        ("instructions: " + "x" * 300_000, "is larger than 256 KB"),
        ("[" * 5000, "is no YAML"),
    ],
)
def test_a_file_that_is_no_definition_says_why(folder: SpecFolder, text: str, sentence: str) -> None:
    write(folder, "dba.yaml", text)

    with pytest.raises(SpecInvalid, match=rf"^dba\.yaml: {sentence}"):
        folder.load("dba")


def test_a_file_that_is_no_text_says_so(folder: SpecFolder) -> None:
    (folder.folder / "dba.yaml").write_bytes(b"instructions: \xff\xfe")

    with pytest.raises(SpecInvalid, match="cannot be read"):
        folder.load("dba")


def test_a_missing_agent_is_told_with_its_neighbours(folder: SpecFolder) -> None:
    write(folder, "assistant.yaml")

    with pytest.raises(SpecMissing, match=r"there is no agent named asistant; did you mean assistant\?"):
        folder.load("asistant")


@pytest.mark.parametrize("name", ["../secrets", "a/b", "", ".", "Dba", "x" * 100, "dba.yaml", "dba\n", "\x00"])
def test_a_name_never_leaves_the_folder(folder: SpecFolder, name: str) -> None:
    write(folder, "dba.yaml")
    write(SpecFolder(folder.folder.parent), "secrets.yaml")

    with pytest.raises(SpecMissing):
        folder.load(name)


def test_without_a_folder_there_are_no_agents(tmp_path: Path) -> None:
    folder = SpecFolder(tmp_path / "nowhere")

    assert folder.names() == []
    assert list(folder.check_all()) == []


def test_the_same_object_is_given_until_the_file_changes(folder: SpecFolder) -> None:
    path = write(folder, "dba.yaml")
    first = folder.load("dba")
    assert folder.load("dba") is first

    path.write_text("instructions: Help more.", encoding="utf-8")
    second = folder.load("dba")
    path.unlink()

    assert second.instructions == "Help more."
    with pytest.raises(SpecMissing):
        folder.load("dba")


def test_a_change_of_the_same_length_is_seen_too(folder: SpecFolder) -> None:
    path = write(folder, "dba.yaml", "instructions: one")
    before = folder.load("dba")
    path.write_text("instructions: two", encoding="utf-8")
    os.utime(path, ns=(1, 1))

    assert (before.instructions, folder.load("dba").instructions) == ("one", "two")


def test_ten_thousand_agents_are_listed_without_reading_one(folder: SpecFolder) -> None:
    empty = folder.folder / "empty"
    empty.touch()
    for number in range(10_000):
        os.link(empty, folder.folder / f"agent-{number:05}.yaml")

    names = folder.names()

    assert (len(names), names[0], names[-1]) == (10_000, "agent-00000", "agent-09999")


def test_of_many_agents_read_only_the_latest_are_kept(folder: SpecFolder) -> None:
    for number in range(200):
        write(folder, f"agent-{number}.yaml")
        folder.load(f"agent-{number}")

    assert len(folder._read) == 64


def test_checking_reports_every_file(folder: SpecFolder) -> None:
    write(folder, "good.yaml")
    write(folder, "good.yml")
    write(folder, "Bad Name.yaml")
    write(folder, "broken.yaml", "instructions: [")
    write(folder, "tools.yaml", "instructions: Help.\ntools: [shel, read_file]")
    write(folder, "notes.txt", "not an agent")

    problems = {problem.file: str(problem) for problem in folder.check_all(tools=TOOLS)}

    assert set(problems) == {"good.yml", "Bad Name.yaml", "broken.yaml", "tools.yaml"}
    assert problems["good.yml"] == "good.yml: another file already defines the agent good"
    assert "use lower-case letters" in problems["Bad Name.yaml"]
    assert problems["tools.yaml"] == "tools.yaml: tools.0: there is no tool shel (did you mean shell?)"


def test_the_examples_are_in_order_and_speak_both_languages() -> None:
    folder = SpecFolder(ROOT / "config" / "agents")
    specs = [folder.load(name) for name in folder.names()]

    assert list(folder.check_all(tools=TOOLS)) == []
    assert [spec.name for spec in specs] == ["assistant", "ops", "researcher"]
    for spec in specs:
        assert re.search("[a-z]", spec.described("en"))
        assert re.search("[一-鿿]", spec.described("zh"))


def test_who_may_run_commands_may_read_and_stop_those_in_the_background() -> None:
    runs = AgentSpec(name="a", instructions="Help.", tools=("shell",))
    reads = AgentSpec(name="b", instructions="Help.", tools=("read_file",))

    names = ("shell", "shell_output", "shell_stop", "read_file")
    assert [name for name in names if runs.may_use(name)] == ["shell", "shell_output", "shell_stop"]
    assert [name for name in names if reads.may_use(name)] == ["read_file"]
