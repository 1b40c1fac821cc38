"""Hooks of a package: scripts that package tools run by themselves, when somebody installs or publishes it."""

import posixpath
import re
from collections.abc import Sequence

from governance.shell.scope import Findings, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_MANIFEST = "package.json"
_HOOK = re.compile(r"\b(?:(?:pre|post)(?:install|uninstall|pack|publish|prepare)|prepublishOnly|prepare)\b")
_QUERIES = frozenset({"dasel", "gojq", "jaq", "jq", "yq"})
_SETS_HOOK = re.compile(rf"scripts.*{_HOOK.pattern}\W{{0,3}}\s*\|?=(?!=)", re.DOTALL)


def judge_hooks(path: str, text: str, findings: Findings, by: str) -> None:
    """Ask where a manifest is written by, or with, a text that names such a hook."""
    if findings.contained and posixpath.basename(path) == _MANIFEST and _HOOK.search(text):
        said = why("shell.writes_obeyed", by=by, path=clip(_MANIFEST))
        findings.ask(said, Risk.HIGH, inside=True)


def sets_hook(name: str, texts: Sequence[str]) -> bool:
    """Whether a program that edits texts is told to put such a hook into a manifest."""
    sets = _SETS_HOOK if name in _QUERIES else _HOOK if name in {"gsed", "perl", "sed"} else None
    if sets is None or not any(posixpath.basename(text) == _MANIFEST for text in texts):
        return False
    in_place = name in _QUERIES or any(re.match(r"-\w*i|--in-place", text) for text in texts)
    return in_place and any(map(sets.search, texts))
