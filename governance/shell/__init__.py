"""What a shell command would do, judged before it runs: `judge_command`. Pure: it runs nothing and looks at no disk.

Lists of forbidden text lose against a shell, which has a thousand ways to write one word. So the command is parsed, its
constants are folded, every command inside it is found (in lists, substitutions, loops, here-documents, behind `-c`,
`eval`, `xargs`, `find -exec`, `timeout`), and it is allowed only when each is a program known to be harmless, with
arguments known before the run. What is opaque asks. What nobody could want is refused, and no person can approve it.

Two judgements worth arguing about:

Tests and builds (`pytest`, `make`, `npm test`, `cargo build`) run whatever code the workspace holds, and no reading of
the command can tell what that is. They are allowed inside the sandbox, because it holds nothing but the workspace: no
network, no credentials, no way to the gateway. A question would be answered "yes" a hundred times a day by somebody
who cannot read the code either, and would teach them to answer "yes". Without a sandbox they ask, as everything does.
Interpreters given a script or a line of code ask even so: that is where a model writes what it would not get allowed.

Removing is judged by what it costs. Single named files of the workspace, and folders that a build makes anew
(`node_modules`, `dist`, `__pycache__`, …), are free; recursive or wildcard removal of anything else asks at medium
risk; the whole workspace or its `.git` at high; the folders above it, the home and the system are refused.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import structlog

from governance.reasons import because, why
from governance.shell.never import text_never
from governance.shell.scope import Findings, Listed, Named, Scope, Surroundings, clip, nobody_listed
from governance.shell.tree import MAX_BYTES, SYSTEM_LIMIT_BYTES
from governance.verdicts import Allowed, Ask, Refused, Risk, Verdict, strictest

__all__ = ["judge_command", "named_in"]

DEFAULT_PORTS = frozenset({8088})


def judge_command(
    command: str,
    workspace: Path,
    *,
    contained: bool,
    protected: Iterable[Path] = (),
    ports: frozenset[int] = DEFAULT_PORTS,
    network: bool = False,
    undoable: bool = False,
    listed: Listed = nobody_listed,
) -> Verdict:
    """Judge a command that would run in `workspace`.

    `contained` says that a sandbox is in force; without one nothing runs freely, and the risk is high at least.
    `protected` are the gateway's own folders and `ports` its own ports on this machine: reaching for either is refused.
    `network` says that the call wants the network, `listed` which hosts it may reach without a question, and
    `undoable` that what it changes in the workspace can be taken back.
    Never raises: where the guard itself fails, the command is refused.
    """
    around = Surroundings(
        workspace=str(workspace).rstrip("/") or "/",
        protected=tuple(str(path) for path in protected),
        ports=ports,
        contained=contained,
        network=network,
        undoable=undoable,
        listed=listed,
    )
    try:
        verdict = _judge(command, around)
    except RecursionError:
        verdict = Ask(because=why("command.nested"), risk=Risk.CRITICAL)
    except Exception:  # noqa: BLE001  # nothing may run because the guard broke
        structlog.get_logger(__name__).exception("command_judgement_failed", length=len(command))
        return Refused(because=why("guard.failed_on_command"))
    if contained or isinstance(verdict, Refused):
        return verdict
    because = why("command.no_sandbox")
    if isinstance(verdict, Ask):
        return replace(
            verdict,
            because=why("both", one=verdict.because, other=because),
            risk=max(verdict.risk, Risk.HIGH, key=_rank),
        )
    return Ask(because=because, risk=Risk.HIGH)


def named_in(command: str, workspace: Path) -> list[Named]:
    """The words of every command inside, in which files may be named; empty for what cannot be read at all."""
    around = Surroundings(workspace=str(workspace).rstrip("/") or "/")
    try:
        return _read(command, around).named if len(command.encode("utf-8", "replace")) <= MAX_BYTES else []
    except RecursionError:
        return []


def _rank(risk: Risk) -> int:
    return risk.rank


def _judge(command: str, around: Surroundings) -> Verdict:
    if not command.strip():
        return Allowed(because=why("command.empty"))
    if refusal := _impossible(command):
        return Refused(because=because(refusal))
    if len(command.encode("utf-8", "replace")) > MAX_BYTES:
        if what := text_never(command):
            return Refused(because=because(f"{clip(command)} {what}"))
        return Ask(because=why("command.long", kilobytes=str(MAX_BYTES // 1024)), risk=Risk.CRITICAL)
    findings = _read(command, around)
    allowed = Allowed(because=why("command.harmless"))
    verdict = strictest([allowed, *findings.verdicts])
    return findings.marked(verdict) if isinstance(verdict, Ask) else verdict


def _read(command: str, around: Surroundings) -> Findings:
    from governance.shell.walk import Walker  # noqa: PLC0415  # the parser loads with the first command

    findings = Findings()
    Walker(Scope(places=frozenset({around.workspace})), around, findings).script(command)
    return findings


def _impossible(command: str) -> str:
    """Why the system could not run it at all; empty when it could."""
    if "\0" in command:
        return "the command contains a NUL character, which no program can be given"
    if len(command) >= SYSTEM_LIMIT_BYTES or len(command.encode("utf-8", "replace")) >= SYSTEM_LIMIT_BYTES:
        return f"the command is longer than the {SYSTEM_LIMIT_BYTES // 1024} KB that the system can run"
    return ""
