"""The scripts that a command runs, as a decider reads them: whole when new, as a difference when approved before.

What was approved is kept by workspace and path, so that the next card shows what has changed since. A script has a
verdict of its own, which raises the risk of the call.
"""

import asyncio
import difflib
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from governance.approvals.shown.sent_files import sent_along
from governance.guard.calls import ProposedCall
from governance.guard.script import Script, Seen, scripts_of
from governance.guard.scripts import is_python, is_shell, text_of
from governance.record.transaction import Store, Transaction, load_queries
from governance.shell import read_command
from governance.values.verdicts import Ask, Refused, Risk, Verdict

QUERIES = load_queries(Path(__file__).with_name("reading_along.sql"))
MOST_CHARACTERS = 400_000
"""So much is kept of all scripts of one call; of what is beyond, a card shows the digest alone."""
MOST_KEPT = 500
"""So many approved scripts are remembered of one workspace."""
_MAKE = re.compile(r"\$[({][\w.@<^*%-]+[)}]|\$[@<^*]")


async def read_along(store: Store, call: ProposedCall) -> tuple[Script, ...]:
    """The scripts of a call whose contents are bound, as they are now, and what it may send. Raises DatabaseAway."""
    if not call.contents:
        return ()
    sent = await asyncio.to_thread(sent_along, call)
    if not call.scripts:
        return sent
    rows = await store.fetch(QUERIES["approved"], call.workspace.name, list(call.scripts))
    before = {row["path"]: row["body"] for row in rows}
    return (*await asyncio.to_thread(_read_all, call, before), *sent)


def raised(ask: Ask, scripts: Sequence[Script]) -> Risk:
    """The risk of a call that runs these."""
    return max((ask.risk, *(Risk(each.risk) for each in scripts if each.risk)), key=lambda risk: risk.rank)


async def remember(work: Transaction, workspace: str, subject: Mapping[str, Any]) -> None:
    """Keep the scripts of an approved request, for the difference that the next one shows."""
    scripts = [each for each in scripts_of(subject) if each.seen in {Seen.NEW, Seen.CHANGED}]
    if workspace and scripts:
        await work.execute(
            QUERIES["remember"],
            workspace,
            [each.path for each in scripts],
            [each.text for each in scripts],
        )
        await work.execute(QUERIES["forget"], workspace, MOST_KEPT)


def stored(scripts: Sequence[Script]) -> list[dict[str, Any]]:
    """As a request keeps them."""
    return [asdict(each) for each in scripts]


def _read_all(call: ProposedCall, before: Mapping[str, str]) -> tuple[Script, ...]:
    left, found = MOST_CHARACTERS, []
    for path in call.scripts:
        script = _read(call, path, before.get(path), left)
        left -= len(script.text)
        found.append(script)
    return tuple(found)


def _read(call: ProposedCall, path: str, before: str | None, left: int) -> Script:
    digest = (call.contents or {}).get(path, "")
    text = text_of(call.workspace, path)
    unseen = Script(path=path, digest=digest, seen=Seen.UNSEEN, risk=Risk.HIGH.value)
    if (
        text is None
        or len(text) > left
        or hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() != digest
    ):
        return unseen
    text = text.encode("utf-8", "replace").decode() if "\udc80" <= max(text, default="") <= "\udcff" else text
    verdict = _verdict(call, path, text)
    seen = Seen.NEW if before is None else Seen.SAME if before == text else Seen.CHANGED
    return Script(
        path=path,
        digest=digest,
        seen=seen,
        text=text,
        difference=_difference(path, before or "", text) if seen is Seen.CHANGED else "",
        risk=_risk(verdict),
        because=verdict.because.stored if isinstance(verdict, Ask | Refused) else "",
    )


def _difference(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{path} (approved)", path, lineterm="", n=3)
    return "\n".join(lines) or "(only ends of lines)"


def _risk(verdict: Verdict | None) -> str:
    if isinstance(verdict, Refused):
        return Risk.CRITICAL.value
    return verdict.risk.value if isinstance(verdict, Ask) else ""


def _verdict(call: ProposedCall, path: str, text: str) -> Verdict | None:
    """What the guard says of a script's own text; None where it reads no such language."""
    command = _as_command(call, path, text)
    if not command.strip():
        return None
    network = call.arguments.get("network") is True
    return read_command(command, call.workspace, contained=True, network=network, folder=call.folder).said


def _as_command(call: ProposedCall, path: str, text: str) -> str:
    """The commands that the script is, or is given to."""
    name = path.rpartition("/")[2]
    if is_python(path, text):
        return f"python3 -c {shlex.quote(text)}"
    if is_shell(path, text):
        return text
    if name.endswith((".cjs", ".js", ".mjs")):
        return f"node -e {shlex.quote(text)}"
    if name == "package.json":
        return _of_package(text, call.subject_value)
    if name.lower() in {"makefile", "gnumakefile"}:
        return "\n".join(_recipe(line) for line in text.split("\n") if line.startswith("\t"))
    return ""


def _recipe(line: str) -> str:
    """A line of a recipe as its shell gets it, but for the values of make's variables."""
    return _MAKE.sub("x", line.strip().lstrip("@-+ ")).replace("$$", "$")


def _of_package(text: str, command: str) -> str:
    """The scripts of a package that the command names, with those that run before and after them."""
    try:
        scripts = json.loads(text).get("scripts", {})
    except (AttributeError, RecursionError, ValueError):
        return ""
    if not isinstance(scripts, dict):
        return ""
    words = set(re.findall(r"[\w:.-]+", command))
    wanted = {f"{when}{name}" for name in words for when in ("", "pre", "post")}
    return "\n".join(str(line) for name, line in scripts.items() if name in wanted)
