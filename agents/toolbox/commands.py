"""Runs one command on a layer of its workspace, and tells what came of it: in its call, and in the background."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from agents.layers import Layers
from agents.proxy import CommandProxies, Proxy
from agents.proxy.dialling import UNLISTED
from agents.sandbox import FinishedCommand, Sandbox, extras
from agents.sandbox.limits import OnOutput, OnWatch
from agents.toolbox.layered import Settled, on_layer, settle
from agents.toolbox.output import how_it_ended
from agents.toolbox.scratch import Scratches
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext
from channels.base import NexoraError
from governance.record.fence import must_hold

NO_NETWORK = "This call has no network. If the command needs one, call again with network=true; fetch_url reads pages."
NO_DOOR = "Commands on this machine have no network, since bubblewrap does not work here. fetch_url reads web pages"
_BLOCKED = (
    "Blocked: {places}. Only hosts that are listed or were named on the card pass; to ask for these, call again with "
    "network=true and hosts=[{hosts}]."
)
_EMPTY = "a call that a person approved begins with an empty /tmp; put into the workspace what it needs"
_MOST_BLOCKED = 8
_SIGNS_OF_NO_NETWORK = (
    *("Could not resolve host", "Network is unreachable", "Temporary failure in name resolution", "EAI_AGAIN"),
    *("ENETUNREACH", "Name or service not known"),
)

_SIGNS_OF_SSH = {
    "Permission denied (publickey": (
        "ssh has no key here, and none is given to it: use an https:// address, where a secret can go along at the "
        "proxy."
    ),
    "cannot run ssh": "There is no ssh here: use an https:// address.",
    "ssh: command not found": "There is no ssh here: use an https:// address.",
}

Keeps = Callable[[], Awaitable[bool]]
"""Asked when a command has ended: whether what it did may reach the workspace."""


Lent = Callable[[ToolContext], Awaitable[Mapping[str, Path]]]
"""The folders that a command may read beside its workspace, those of skills, by the names of these."""


async def nothing_lent(_: ToolContext) -> Mapping[str, Path]:
    """What a command may read where there are no skills."""
    return {}


class Dropped(NexoraError):
    """Nothing of what a command did was taken over, because it was not to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What every command runs with; no network without `proxies`. The output is kept up to a number of bytes.

    `lent` tells which folders of skills a call may read.
    """

    layers: Layers
    sandbox: Sandbox
    proxies: CommandProxies | None
    output_limit_bytes: int
    scratches: Scratches
    lent: Lent = nothing_lent

    def way_out(self, context: ToolContext, *, network: bool) -> AbstractAsyncContextManager[Proxy] | None:
        """The network of a call that wants one and may have it. Raises ToolFailed where no command can."""
        opened = self.proxies if self.sandbox.opens_proxies else None
        if network and self.sandbox.contained and opened is None:
            raise ToolFailed(NO_DOOR)
        return opened.open(context) if opened and context.network else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellRequest:
    """A command, the folder of the workspace in which it begins (empty for itself), and how long it may run."""

    command: str
    folder: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """What came of a command. over: that it wrote too much, as a sentence. proxy: what it had of a network, if any.

    notes: what a model is to know of its /tmp.
    """

    finished: FinishedCommand
    seconds: float
    over: str
    settled: Settled
    proxy: Proxy | None
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it did what it was to do."""
        return self.finished.exit_code == 0 and not self.over


async def run(
    machine: Machine,
    context: ToolContext,
    wanted: ShellRequest,
    way_out: AbstractAsyncContextManager[Proxy] | None,
    *,
    on_output: OnOutput | None = None,
    ends: OnWatch | None = None,
    keeps: Keeps | None = None,
) -> CommandOutcome:
    """Run it and merge its layer.

    When it is cancelled, nothing of what it did reaches the workspace, where there are layers. `ends` says why it must
    end now. With `keeps` it runs beside other calls, so that where there are no layers no copy is made before, in which
    their changes would pass for its own; Dropped is raised when what it did is not to be kept.

    Without a sandbox the guard lets no command pass that a person has not approved, so whatever arrives here is.
    """
    layers = machine.layers
    async with on_layer(layers, context, wanted.command, copies=keeps is None) as layer:
        watch = await layers.watch(layer, context.workspace, str(context.person.id))

        async def watched() -> str:
            return (ends and await ends()) or await lent.over() or await watch()

        async with AsyncExitStack() as stack:
            lent = await stack.enter_async_context(machine.scratches.lent(context))
            proxy = await stack.enter_async_context(way_out) if way_out else None
            begun = time.monotonic()
            finished = await machine.sandbox.run(
                wanted.command,
                workspace=context.workspace,
                folder=wanted.folder,
                timeout_seconds=wanted.seconds,
                listener=proxy.listener if proxy else None,
                output_limit_bytes=machine.output_limit_bytes,
                on_output=on_output,
                approved=True,
                overlay=layer.view,
                watch=watched,
                scratch=lent.folder,
                identity=lent.identity,
                skills=await machine.lent(context),
            )
            seconds = time.monotonic() - begun
            full = await lent.last()
        must_hold()
        if keeps and not await keeps():
            raise Dropped
        over = await watch.last()
        settled = await settle(layer, context, over=over)
    empty = _EMPTY if context.under and finished.exit_code and "/tmp" in wanted.command else ""  # noqa: S108  # a word
    notes = tuple(each for each in (full, empty) if each)
    return CommandOutcome(finished=finished, seconds=seconds, over=over, settled=settled, proxy=proxy, notes=notes)


def told(machine: Machine, outcome: CommandOutcome, longest: float) -> Iterator[str]:
    """How it ended, and what a model is to know beside its output. `longest`: seconds that a call may ask for."""
    finished = outcome.finished
    how = how_it_ended(finished, outcome.seconds, machine.sandbox.limits, longest)
    yield from islice(how, 1) if outcome.over else how
    if outcome.proxy:
        yield from _of_the_proxy(outcome.proxy)
        hints = (hint for sign, hint in _SIGNS_OF_SSH.items() if finished.exit_code and sign in finished.output)
        yield from (f"({hint})" for hint in islice(hints, 1))
    elif finished.exit_code and machine.sandbox.contained and any(s in finished.output for s in _SIGNS_OF_NO_NETWORK):
        yield f"({NO_NETWORK})"
    lacks = extras.missing(finished.output, machine.sandbox.extras) if finished.exit_code else ""
    yield from (f"({note})" for note in (lacks, *outcome.notes, *outcome.settled.notes) if note)


def _of_the_proxy(proxy: Proxy) -> Iterator[str]:
    """What the model is to know of what was not let pass."""
    blocked = [use for use in proxy.ledger.uses if use.because][:_MOST_BLOCKED]
    if proxy.ledger.spent:
        yield f"(The network was closed: {proxy.ledger.spent}.)"
    if blocked:
        places = "; ".join(f"{use.place} ({use.because})" for use in blocked)
        hosts = ", ".join(f'"{use.place}"' for use in blocked if use.because == UNLISTED)
        yield f"({_BLOCKED.format(places=places, hosts=hosts)})" if hosts else f"(Blocked: {places}.)"
    if proxy.note:
        yield f"({proxy.note})"
