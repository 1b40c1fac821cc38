"""What a command would destroy or change on other machines: in clouds, clusters, services and databases.

The sandbox makes it fail, and nobody wants an agent that tries; so it asks by its verb, while looking is free.
"""

from collections.abc import Sequence

from governance.reasons import why
from governance.shell.scope import Input, Judging, Word, clip
from governance.verdicts import Risk

_CHANGES: dict[str, frozenset[str]] = {
    "helm": frozenset({"install", "rollback", "uninstall", "upgrade"}),
    "kubectl": frozenset({"apply", "create", "delete", "drain", "edit", "exec", "patch", "replace", "scale"}),
    "terraform": frozenset({"apply", "destroy", "import", "taint"}),
}


def judge_elsewhere(name: str, words: Sequence[Word], _given: Input, shell: Judging) -> bool:
    """Ask where the command changes something elsewhere; True when nothing more is to be said about it."""
    verb = next((word.text for word in words[1:] if word.text in _CHANGES.get(name, ())), "")
    if not verb:
        return False
    shown = clip(" ".join(word.text for word in words))
    shell.findings.ask(why("shell.elsewhere", shown=shown), Risk.HIGH, network=True, elsewhere=True)
    return True
