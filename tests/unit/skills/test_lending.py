"""Commands find the folders of skills where they are told, and can change nothing in them, at both levels."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.layers import Layers
from agents.sandbox import CommandLimits, Sandbox, SandboxLevel, choice
from agents.skills.shelf import Shelf, built_in
from agents.skills.skills import Skills
from agents.toolbox import toolbox
from governance.egress.egress import Egress
from tests.conftest import unavailable
from tests.unit.skills.shelves import Brought, context, shelved


@pytest.fixture(params=[SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    for each in choice._candidates(CommandLimits()):
        if each.level == request.param and each.works():
            return each
    return unavailable(f"{request.param} does not work here")


async def test_a_script_of_a_skill_runs_and_its_folder_stays_as_it_is(tmp_path: Path, sandbox: Sandbox):
    one = shelved(tmp_path / "weekly", scripts__sum_py="import sys\nprint(sum(map(int, open(sys.argv[1]))))\n")
    shelved(tmp_path / "hidden", scripts__a_py="print('canary')\n")
    shelf = Shelf(without={each.name for each in built_in()}, sources=[Brought([one])])
    skills = Skills(shelf, sandbox.place_of_skill, lambda _: True)
    asked = context(tmp_path / "w")
    (asked.workspace / "numbers").write_text("1\n2\n")
    async with Egress() as egress:
        layers = Layers(tmp_path / "layers", sandbox)
        tools = {each.name: each for each in toolbox(sandbox, egress, layers, outgoing=tmp_path, skills=skills)}

        place = sandbox.place_of_skill("weekly", one.folder)
        beside = sandbox.place_of_skill("hidden", tmp_path / "hidden")
        ran = await tools["shell"].run(asked, {"command": f"python3 {place}/scripts/sum.py numbers"})
        changed = await tools["shell"].run(asked, {"command": f"echo x > {place}/SKILL.md; rm -rf {place}; ls {place}"})
        other = await tools["shell"].run(asked, {"command": f"cat {beside}/scripts/a.py"})
        [use] = await skills.tools_for("assistant", asked.person)
        told = await use.run(asked, {"name": "weekly"})

    assert ran.text.startswith("3\n")
    assert changed.text.splitlines()[-3:-1] == ["SKILL.md", "scripts"]
    assert (one.folder / "scripts/sum.py").exists()
    assert "canary" not in other.text
    assert f"commands find them in {place}/" in told.text


async def test_a_stable_place_is_used_where_commands_have_a_view_of_their_own(sandbox: Sandbox):
    bubblewrap = replace(sandbox, level=SandboxLevel.BUBBLEWRAP)
    assert bubblewrap.place_of_skill("weekly", Path("/x/y")) == "/skills/weekly"
    assert replace(sandbox, level=SandboxLevel.LANDLOCK).place_of_skill("weekly", Path("/x/y")) == "/x/y"
