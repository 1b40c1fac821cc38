"""How a command may be contained, how much it may use, and what is left of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

OnOutput = Callable[[str], Awaitable[None]]
"""Is told what a command says, as it says it."""
OnWatch = Callable[[], Awaitable[str]]
"""Says why a command should be stopped now, as a sentence, or nothing. Asked several times a second."""


class SandboxLevel(StrEnum):
    """How commands are contained, named after the means. Alphabetical."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLimits:
    """How much one command may use.

    memory_bytes: of one process; all together may hold twice that. processes: at one time, watched ten times a second
    and, for an ordinary user, by the kernel (which never limits root). file_bytes: of one file. niceness: how far the
    command stands back behind the gateway and its database when both want the processor, 0 to 19.
    """

    memory_bytes: int = 1 << 30
    processes: int = 256
    file_bytes: int = 256 << 20
    open_files: int = 1024
    niceness: int = 10

    def for_kernel(self, cpu_seconds: float) -> dict[str, int]:
        """The limits that the kernel enforces on each process, by their names in `resource`.

        Address space is given freely, since runtimes reserve much that they never use; RLIMIT_DATA counts what can be
        written.
        """
        return {
            "RLIMIT_DATA": self.memory_bytes,
            "RLIMIT_AS": self.memory_bytes * 16,
            "RLIMIT_CPU": int(cpu_seconds) + 1,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCommand:
    """What is left of a command.

    exit_code: the shell's; 124 after a time-out, 137 when it was stopped for using too much, 128 plus the number of a
    signal that ended it. output: what it wrote to both outputs, with its middle left out when `truncated`. stopped:
    why it was ended before its time, as a sentence; empty when it ended by itself. left: processes that were still
    running when the command itself had ended, and were ended then.
    """

    exit_code: int
    output: str
    timed_out: bool = False
    truncated: bool = False
    stopped: str = ""
    left: int = 0
