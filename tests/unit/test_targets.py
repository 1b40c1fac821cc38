"""A question that was refused is known again in other words, and another question is not taken for it."""

from pathlib import Path
from uuid import uuid4

import pytest

from governance.guard.calls import ProposedCall
from governance.guard.targets import is_same, targets_of
from governance.people.people import Person, Role
from governance.values.verdicts import Effect

ALICE = Person(id=uuid4(), name="alice", role=Role.OPERATOR)


def call(text: str, tool: str = "shell", effect: Effect = Effect.RUNS, workspace: Path = Path("/work/space")):
    subject = {Effect.RUNS: "command", Effect.FETCHES: "url"}.get(effect, "path")
    return ProposedCall(
        person=ALICE,
        agent="ops",
        conversation="chat:a:",
        tool=tool,
        arguments={subject: text},
        effect=effect,
        subject=subject,
        workspace=workspace,
    )


@pytest.mark.parametrize(
    ("refused", "rephrased"),
    [
        ("rm -rf build", "rm -r -f ./build"),
        ("rm -rf build", "find build/ -delete"),
        ("rm -rf build", "rm build/a.o"),
        ("rm -rf build/out", "sudo rm -rf build"),
        ("rm notes.txt", "python3 -c 'import os; os.unlink(\"notes.txt\")'"),
        ("rm notes.txt", "cd . && unlink notes.txt"),
        ("curl https://api.example.org/a", "wget -qO- http://api.example.org/b?x=1"),
        ("curl https://api.example.org/a", "python3 -c \"urlopen('https://user@API.example.org:8443/')\""),
        ("ssh root@db.example.org uptime", "scp x.txt root@db.example.org:/tmp/"),
        ("git push origin main", "git push"),
        ("git push origin main", "GIT_TRACE=1 git push --force origin HEAD"),
        ("kubectl delete pod web", "env kubectl delete pods --all"),
        ("cat /etc/shadow", "head -n1 /etc/shadow"),
        ("cat ~/.ssh/id_rsa", "base64 ~/.ssh/id_rsa"),
        ("make deploy", "nohup make deploy"),
    ],
)
def test_another_wording_of_what_was_refused_is_the_same(refused, rephrased):
    assert is_same(targets_of(call(refused)), targets_of(call(rephrased)))


@pytest.mark.parametrize(
    ("refused", "other"),
    [
        ("rm -rf build", "rm -rf dist"),
        ("rm -rf build", "rm -rf building"),
        ("rm notes.txt", "rm other.txt"),
        ("curl https://api.example.org/a", "curl https://example.net/a"),
        ("git push origin main", "git fetch origin"),
        ("kubectl delete pod web", "kubectl apply -f web.yaml"),
        ("make deploy", "make test"),
        ("cat /etc/shadow", "cat /etc/hosts"),
        ("pip install requests", "npm install left-pad"),
        ("cp a.txt b.txt", "python3 report.py"),
    ],
)
def test_another_question_is_another(refused, other):
    assert not is_same(targets_of(call(refused)), targets_of(call(other)))


def test_the_same_file_and_host_are_known_across_tools(tmp_path):
    (tmp_path / "secrets").write_text("x")
    here = {"workspace": tmp_path}
    read = targets_of(call("./secrets", "read_file", Effect.READS, **here))

    assert is_same(targets_of(call("cat secrets", **here)), read)
    assert is_same(targets_of(call(f"cat {tmp_path}/secrets", **here)), read)
    assert not is_same(targets_of(call("cat secrets.old", **here)), read)
    fetched = targets_of(call("https://example.org/page", "fetch_url", Effect.FETCHES))
    assert is_same(targets_of(call("curl http://example.org")), fetched)


def test_a_long_command_is_read_in_bounded_time_and_kept_in_bounded_space():
    assert len(targets_of(call(" ".join(f"file{number}.txt" for number in range(20_000))))) <= 60
    assert targets_of(call("(" * 5000 + "a" * 50_000 + "'" * 5000)) is not None
