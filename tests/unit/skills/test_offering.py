"""Skills are shown piece by piece, within bounds, and to whom they belong; a changed one is used by nobody."""

import os
from dataclasses import replace
from pathlib import Path

from agents.pool import schema
from agents.skills.offering import BYTES_OF_ALL, line_of
from agents.skills.pinned import Pins
from agents.skills.shelf import Shelf, built_in
from agents.skills.skills import Skills
from agents.toolbox.reading import reading_tool
from governance.packages.folder import read_folder
from governance.values.verdicts import Effect
from tests.unit.skills.shelves import ALICE, Brought, context, shelved


def skills_of(*brought, may_use=lambda *_: True, without=(), holds=lambda _: True):
    source = Brought(brought)
    names = {each.name for each in built_in()}
    shelf = Shelf(may_use=may_use, without={*names, *without}, sources=[source])
    return Skills(shelf, holds), source


async def offered(skills, agent="assistant"):
    tools = await skills.tools_for(agent, ALICE)
    return tools[0] if tools else None


async def test_names_and_descriptions_are_in_the_prompt_and_the_body_comes_when_it_is_used(tmp_path: Path):
    one = shelved(
        tmp_path / "weekly", "Writes the week.", "# Steps\n\nRun ${SKILL_DIR}/it.", scripts__a_py="print(1)\n"
    )
    skills, _ = skills_of(one)
    tool = await offered(skills)

    used = await tool.run(context(tmp_path / "w"), {"name": "weekly"})
    read = await reading_tool(skills).run(context(tmp_path / "w"), {"path": "skill:weekly/scripts/a.py"})
    itself = await reading_tool(skills).run(context(tmp_path / "w"), {"path": "skill:weekly"})

    assert "weekly: Writes the week." in tool.description
    assert "Run" not in tool.description
    assert tool.effect is Effect.NONE
    assert used.text == (
        "Skill weekly. Its files: commands find them in /skills/weekly/ (read-only), read_file as skill:weekly/PATH."
        "\n\n# Steps\n\nRun /skills/weekly/it.\n\nFiles: scripts/a.py"
    )
    assert read.text.splitlines()[1] == "print(1)"
    assert "SKILL.md, scripts" in itself.text


async def test_no_file_beside_the_skills_own_is_read_by_its_name(tmp_path: Path):
    (tmp_path / "secret").write_text("canary")
    one = shelved(tmp_path / "weekly")
    (one.folder / "link").symlink_to(tmp_path / "secret")
    reads = reading_tool(skills_of(one)[0])

    for path in (
        "skill:weekly/../secret",
        "skill:weekly//etc/passwd",
        "skill:../secret",
        "skill:weekly/link",
        "skill:",
    ):
        answer = await reads.run(context(tmp_path / "w"), {"path": path})
        assert not answer.ok, path
        assert "canary" not in answer.text


async def test_a_wrong_name_is_told_the_nearest(tmp_path: Path):
    skills, _ = skills_of(shelved(tmp_path / "weekly"), shelved(tmp_path / "charts-x"))
    answer = await (await offered(skills)).run(context(tmp_path / "w"), {"name": "weekley"})

    assert (answer.ok, answer.text) == (False, "there is no skill weekley; there are weekly.")


async def test_the_list_of_a_hundred_skills_stays_within_its_bounds_and_the_rest_is_found(tmp_path: Path):
    long = "Does what it is told about tables, and more of that. " * 12
    many = [shelved(tmp_path / f"skill-{number:03}", long) for number in range(100)]
    rare = shelved(tmp_path / "zz-rare", "把会议记录整理成待办事项")
    skills, _ = skills_of(*many, rare)
    tool = await offered(skills)

    english = await tool.run(context(tmp_path / "w"), {"query": "tables"})
    chinese = await tool.run(context(tmp_path / "w"), {"query": "会议待办"})

    assert len(tool.description.encode()) <= BYTES_OF_ALL
    assert "95 more: find them with query." in tool.description
    assert all(len(line.encode()) <= 240 for line in tool.description.splitlines())
    assert len(english.text.splitlines()) == 8
    assert chinese.text == "zz-rare: 把会议记录整理成待办事项"
    assert len(line_of(rare, "en")) == len("zz-rare: 把会议记录整理成待办事项")


async def test_the_same_skills_are_the_very_same_tool_until_one_changes(tmp_path: Path):
    skills, source = skills_of(shelved(tmp_path / "weekly"))
    before, again = await offered(skills), await offered(skills, "other")
    source.skills = [shelved(tmp_path / "weekly", digest="e")]

    assert before is again
    assert await offered(skills) is not before


async def test_only_the_skills_of_an_agent_are_offered_used_and_lent(tmp_path: Path):
    one, other = shelved(tmp_path / "weekly"), shelved(tmp_path / "monthly")
    skills, _ = skills_of(one, other, may_use=lambda agent, skill: (agent, skill) == ("assistant", "weekly"))
    tool = await offered(skills)
    asked = context(tmp_path / "w")

    assert "monthly" not in tool.description
    assert not (await tool.run(asked, {"name": "monthly"})).ok
    assert dict(await skills.lent(asked)) == {"weekly": one.folder}
    assert await offered(skills, "other") is None
    assert await offered(skills_of(one, other, without={"weekly", "monthly"})[0]) is None


async def test_a_skill_whose_files_changed_is_used_by_nobody_and_its_source_is_told(tmp_path: Path):
    one, other = shelved(tmp_path / "weekly"), shelved(tmp_path / "monthly")
    skills, source = skills_of(one, other, holds=lambda each: each.name != "weekly")
    tool = await offered(skills)
    asked = context(tmp_path / "w")

    used = await tool.run(asked, {"name": "weekly"})
    after = await tool.run(asked, {"name": "weekly"})

    assert "no longer those that were approved" in used.text
    assert source.spoilt == ["weekly"]
    assert "there is no skill weekly" in after.text
    assert dict(await skills.lent(asked)) == {"monthly": other.folder}


async def test_a_source_that_fails_takes_no_other_skill_with_it(tmp_path: Path):
    class Broken(Brought):
        async def skills_for(self, agent, person):
            raise OSError("away")

    shelf = Shelf(sources=[Broken(), Brought([shelved(tmp_path / "weekly")])])

    assert [each.name for each in await shelf.of("assistant", ALICE)][-1] == "weekly"


def test_what_comes_with_the_release_costs_little():
    skills, _ = skills_of()
    tool = Skills(Shelf(), lambda _: True)._offers.of(built_in(), "en")

    assert len(schema(tool).json) / 4 <= 350
    assert skills


async def test_a_file_that_is_changed_added_or_linked_is_noticed_before_the_next_use(tmp_path: Path):
    one = shelved(tmp_path / "weekly", scripts__a_py="print(1)\n")
    one = replace(one, digest=read_folder(one.folder).digest)
    pins, script = Pins(), one.folder / "scripts/a.py"
    before = script.stat()

    assert [pins.holds(one), pins.holds(one)] == [True, True]
    script.write_text("print(2)\n")
    os.utime(script, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not pins.holds(one)
    script.write_text("print(1)\n")
    assert pins.holds(one)
    (one.folder / "link").symlink_to("/etc/passwd")
    assert not pins.holds(one)
    (one.folder / "link").unlink()
    script.chmod(0o755)
    assert not pins.holds(one)
    assert not pins.holds(replace(one, folder=tmp_path / "gone"))
