"""Commands find the folders of skills where they are told, and can change nothing in them, at both levels."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.layers import Layers
from agents.sandbox import CommandLimits, Sandbox, SandboxLevel, choice
from agents.sandbox.aliases import linked
from agents.skills.shelf import Shelf, built_in
from agents.skills.skills import Skills
from agents.toolbox import toolbox
from governance.egress.egress import Egress
from governance.guard.calls import ProposedCall
from governance.guard.contents import changed
from governance.guard.guard import Guard
from governance.guard.policy import Policy
from governance.values.verdicts import Allowed, Ask, Effect
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
    skills = Skills(shelf, lambda _: True)
    asked = context(tmp_path / "w")
    (asked.workspace / "numbers").write_text("1\n2\n")
    async with Egress() as egress:
        layers = Layers(tmp_path / "layers", sandbox)
        tools = {each.name: each for each in toolbox(sandbox, egress, layers, outgoing=tmp_path, skills=skills)}

        place, beside = "/skills/weekly", "/skills/hidden"
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("python3 /skills/weekly/scripts/where.py", "/skills/weekly/scripts/where.py"),
        ("python3 '/skills/weekly/scripts/where.py'", "/skills/weekly/scripts/where.py"),
        ('S=/skills/weekly; python3 "$S/scripts/where.py"', "/skills/weekly/scripts/where.py"),
        ("cd /skills/weekly && cat scripts/where.py | head -c 6", "import"),
        ("cat <<E\n/skills/weekly\nE", "/skills/weekly"),
        ("cat /skills/weekly-2/SKILL.md 2>/dev/null || echo none", "none"),
        ("cat x/skills/weekly/SKILL.md 2>/dev/null || echo none", "none"),
        ("echo x 2>/dev/null > /skills/weekly/new || echo none", "none"),
        ("rm -rf /skills/weekly 2>/dev/null; head -c 3 /skills/weekly/SKILL.md", "---"),
        ("ln -sfn . /skills/weekly 2>/dev/null; head -c 3 /skills/weekly/SKILL.md", "---"),
    ],
)
async def test_one_place_is_meant_by_every_text_and_nothing_is_put_in_its_stead(
    tmp_path: Path, sandbox: Sandbox, command: str, said: str
):
    (tmp_path / "a folder of the gateway's $own").mkdir()
    one = shelved(
        tmp_path / "a folder of the gateway's $own" / "weekly", scripts__where_py="import sys\nprint(sys.argv[0])\n"
    )
    workspace = tmp_path / "w"
    workspace.mkdir()
    ran = await sandbox.run(command, workspace=workspace, timeout_seconds=20, skills={"weekly": one.folder})

    assert ran.output.strip() == said


def test_links_are_there_while_a_command_runs_that_names_a_skill(tmp_path: Path):
    with linked("ls", {"weekly": tmp_path}) as none:
        assert none.folder == ""
    with linked("ls /skills/weekly", {"weekly": tmp_path, "other": tmp_path}) as links:
        there = Path(links.folder)
        assert [each.name for each in there.iterdir()] == ["weekly"]
        assert links.named("ls /skills/weekly /skills/other") == f"ls {there}/weekly /skills/other"
    assert not there.exists()


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
    free = await guard.weigh(replace(call, arguments={"command": "python3 /skills/weekly/scripts/a.py"}))
    assert isinstance(free.verdict, Allowed)
    said = str(changed(asked.call.contents, later.call.contents or {}))
    assert said.startswith("the file skill:weekly changed after approval was asked for")
