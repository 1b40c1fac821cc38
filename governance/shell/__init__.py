"""What a shell command would do, judged before it runs: `read_command`. Pure: it runs nothing and looks at no disk.

Lists of forbidden text lose against a shell, which has a thousand ways to write one word. So the command is parsed, its
constants are folded, and every command inside it is found (in lists, substitutions, loops, here-documents, behind `-c`,
`eval`, `xargs`, `find -exec`, `timeout`). What nobody could want is refused, and no person can approve it.

How the rest is judged depends on where it runs. The boundary is the sandbox, not the text:

In the sandbox whatever stays inside and can be undone is free: code of the workspace, programs that nobody knows,
values that only the run would tell. What asks is what reaches out or is meant to: it sends data, changes something in a
cloud or a cluster, names a place of credentials, writes outside, plants what others obey later, or hides its meaning.
The sandbox would make most of that fail; but nobody wants an agent that tries. Three words say so at every rule:
`findings.ask` asks everywhere, `findings.unsure` only where nothing contains the command, `findings.loses` where what
would be lost could not be had back.

Without a sandbox a command is known to be harmless only when each of its programs is, with arguments known before the
run; what is opaque asks, and by the policy of that level everything does.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from governance.shell.grammar.tree import MAX_BYTES, SYSTEM_LIMIT_BYTES
from governance.shell.never import text_never
from governance.shell.reading import Reading
from governance.shell.scope import (
    Contents,
    Findings,
    Listed,
    Scope,
    ShellSurroundings,
    clip,
    nobody_listed,
    nothing_read,
)
from governance.values.reasons import Why, why
from governance.values.verdicts import Allowed, Ask, Refused, Risk, Verdict, strictest

__all__ = ["read_command"]

DEFAULT_PORTS = frozenset({8088})


def read_command(
    command: str,
    workspace: Path,
    *,
    contained: bool,
    protected: Iterable[Path] = (),
    ports: frozenset[int] = DEFAULT_PORTS,
    network: bool = False,
    undoable: bool = False,
    registries: Listed = nobody_listed,
    folder: Path | None = None,
    contents: Contents = nothing_read,
) -> Reading:
    """Read a command that would run in `workspace`, or in a `folder` of it where it begins there, and judge it.

    `contained` says that a sandbox is in force; without one nothing runs freely, and the risk is high at least.
    `protected` are the gateway's own folders and `ports` its own ports on this machine: reaching for either is refused.
    `network` says that the call wants the network (whom it may reach is for others to judge), `registries` from which
    hosts packages may be taken like from a known registry, `undoable` that what it changes in the workspace can be
    taken back, and `contents` tells what the files of the workspace hold.
    Never raises: where the guard itself fails, the command is refused.
    """
    around = ShellSurroundings(
        workspace=str(workspace).rstrip("/") or "/",
        protected=tuple(str(path) for path in protected),
        ports=ports,
        contained=contained,
        network=network,
        undoable=undoable,
        registries=registries,
        contents=contents,
    )
    try:
        reading = _judge(command, around, str(folder or around.workspace))
    except RecursionError:
        reading = _unread(command, Ask(because=why("command.nested"), risk=Risk.CRITICAL))
    except Exception:  # noqa: BLE001  # nothing may run because the guard broke
        import structlog  # noqa: PLC0415  # half of what loading the reader would take

        structlog.get_logger(__name__).exception("command_judgement_failed", length=len(command))
        return _unread(command, Refused(because=why("guard.failed_on_command")))
    return reading if contained else replace(reading, verdict=_without_sandbox(reading.said))


def _unread(command: str, verdict: Verdict) -> Reading:
    return Reading(command=command, verdict=verdict, said=verdict)


def _without_sandbox(said: Verdict) -> Verdict:
    """Without a sandbox nothing runs freely, and nothing can be tried beforehand."""
    if isinstance(said, Refused):
        return said
    because = why("command.no_sandbox")
    if isinstance(said, Ask):
        risk = max(said.risk, Risk.HIGH, key=_rank)
        return replace(said, because=why("both", one=said.because, other=because), risk=risk, inside=False)
    return Ask(because=because, risk=Risk.HIGH)


def _rank(risk: Risk) -> int:
    return risk.rank


def _judge(command: str, around: ShellSurroundings, folder: str) -> Reading:
    if not command.strip():
        return _unread(command, Allowed(because=why("command.empty")))
    if refusal := _impossible(command):
        return _unread(command, Refused(because=refusal))
    if len(command.encode("utf-8", "replace")) > MAX_BYTES:
        if what := text_never(command):
            return _unread(command, Refused(because=why(what, shown=clip(command))))
        too_long = why("command.long", kilobytes=str(MAX_BYTES // 1024))
        return _unread(command, Ask(because=too_long, risk=Risk.CRITICAL))
    return _read(command, around, folder)


def _read(command: str, around: ShellSurroundings, folder: str) -> Reading:
    from governance.shell.grammar.plain import words_of  # noqa: PLC0415  # the parser loads with the first command
    from governance.shell.walk import Walker  # noqa: PLC0415  # as above

    findings = Findings(contained=around.contained, undoable=around.undoable)
    walker = Walker(Scope(places=frozenset({folder})), around, findings)
    walker.script(command)
    verdict = _verdict(findings, around)
    return Reading(
        command=command,
        verdict=verdict,
        said=verdict,
        named=tuple(findings.named),
        contacts=tuple(findings.contacts),
        words=words_of(command, walker.root),
        root=walker.root,
    )


def _verdict(findings: Findings, around: ShellSurroundings) -> Verdict:
    if findings.refusals:
        return findings.refusals[0]
    if not around.contained:
        allowed = Allowed(because=why("command.harmless"))
        verdict = strictest([allowed, *findings.verdicts])
        return findings.marked(verdict) if isinstance(verdict, Ask) else verdict
    if findings.verdicts:
        verdict = strictest(list(findings.verdicts))
        return findings.marked(verdict) if isinstance(verdict, Ask) else verdict
    return Allowed(because=_boundary(around))


def _boundary(around: ShellSurroundings) -> Why:
    if around.network:
        return why("command.contained_door")
    return why("command.contained_undoable" if around.undoable else "command.contained")


def _impossible(command: str) -> Why | None:
    """Why the system could not run it at all; None when it could."""
    if "\0" in command:
        return why("command.nul")
    if len(command) >= SYSTEM_LIMIT_BYTES or len(command.encode("utf-8", "replace")) >= SYSTEM_LIMIT_BYTES:
        return why("command.impossible", kilobytes=str(SYSTEM_LIMIT_BYTES // 1024))
    return None
