"""A name that nobody knows before the run hides neither the folder in which it is nor what is done there."""

import pytest

from governance.shell import read_command
from governance.values.verdicts import Allowed, Ask, Refused, Verdict
from tests.guard.judging import PROTECTED, WORKSPACE


def judge(command: str) -> Verdict:
    return read_command(command, WORKSPACE, contained=True, protected=PROTECTED, undoable=True).verdict


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("rm /etc/$name", "`/etc/…`"),
        ("truncate -s 0 /var/log/$name", "`/var/log/…`"),
        ("find /var/log -type f -exec truncate -s 0 {} +", "`/var/log/…`"),
        ("cp x .github/workflows/$name", "`.github/workflows/…`"),
        ("find . -name .git -exec rm -rf {} +", "`.git`"),
        ("find . -name .git -delete", "`.git`"),
        ("echo /srv/data/x | xargs rm -r", "`/srv/data/x`"),
        ("echo ~/.ssh/id_rsa | xargs cat", "id_rsa"),
        ("python3 -c \"import marshal; exec(marshal.loads(open('c','rb').read()))\"", "exec"),
    ],
)
def test_it_asks_and_names_what_is_known(command: str, names: str):
    verdict = judge(command)

    assert isinstance(verdict, Ask), verdict
    assert names in str(verdict.because)


@pytest.mark.parametrize(
    "command",
    [
        "rm /srv/nexora/$name",
        "printf '/\\0' | xargs -0 rm -rf",
        "for port in $(seq 1024); do echo > /dev/tcp/10.0.0.5/$port; done",
        "python3 -c \"while True: __import__('os').fork()\"",
    ],
)
def test_it_is_refused_where_nobody_could_approve_it(command: str):
    assert isinstance(judge(command), Refused)


@pytest.mark.parametrize(
    "command",
    [
        'for f in *.md; do cp "$f" "docs/$f.bak"; done',
        'cp x "/tmp/$name"',
        'mkdir -p "people/$name"',
        "find . -type d -name node_modules -exec rm -rf {} +",
        "find . -name notes.txt -delete",
        "find . -name '*.pyc' -exec rm {} +",
        "echo a.txt b.txt | xargs rm",
        "python3 -c \"import pickle; print(pickle.loads(open('model.pkl','rb').read()))\"",
    ],
)
def test_everyday_work_with_such_names_stays_free(command: str):
    assert isinstance(judge(command), Allowed), judge(command)
