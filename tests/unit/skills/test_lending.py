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
from governance.guard.calls import ProposedCall
from governance.guard.contents import changed
from governance.guard.guard import Guard
from governance.guard.policy import Policy
from governance.values.verdicts import Ask, Effect
from tests.conftest import unavailable
from tests.unit.skills.shelves import ALICE, Brought, context, shelved


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
    assert {"SKILL.md", "scripts"} <= set(changed.text.splitlines())
    assert (one.folder / "scripts/sum.py").exists()
    assert "canary" not in other.text
    assert f"commands find them in {place}/" in told.text


async def test_a_stable_place_is_used_where_commands_have_a_view_of_their_own(sandbox: Sandbox):
    bubblewrap = replace(sandbox, level=SandboxLevel.BUBBLEWRAP)
    assert bubblewrap.place_of_skill("weekly", Path("/x/y")) == "/skills/weekly"
    assert replace(sandbox, level=SandboxLevel.LANDLOCK).place_of_skill("weekly", Path("/x/y")) == "/x/y"


async def test_what_is_approved_of_a_command_is_bound_to_the_skill_that_it_reads(tmp_path: Path):
    digests = {"weekly": "one", "monthly": "x"}

    async def skills_of(_: ProposedCall) -> dict[str, str]:
        return digests

    async def no_grant(_: ProposedCall) -> None:
        return None

    guard = Guard(Policy(), contained=True, find_grant=no_grant, protected=[], skills_of=skills_of)
    call = ProposedCall(
        person=ALICE,
        agent="assistant",
        conversation="c",
        tool="shell",
        arguments={"command": "python3 /skills/weekly/scripts/a.py > /etc/report"},
        effect=Effect.RUNS,
        subject="command",
        workspace=tmp_path,
    )
    asked = await guard.weigh(call)
    digests["weekly"] = "two"
    later = await guard.weigh(call)

    assert isinstance(asked.verdict, Ask)
    assert asked.call.contents == {"skill:weekly": "one"}
    assert asked.call.digest != later.call.digest
    said = str(changed(asked.call.contents, later.call.contents or {}))
    assert said.startswith("the file skill:weekly changed after approval was asked for")
