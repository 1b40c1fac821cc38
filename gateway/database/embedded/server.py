"""The embedded PostgreSQL: a server of our own as a child process that ends when we end and is restarted when it dies.

It listens on a Unix socket in a private folder, never on TCP. It adds no system user, changes no folder that it did
not make, and refuses to touch the data of another major version or of a gateway that still runs.

On Linux the kernel tells the server to stop when the thread that started it ends, so `start` must be called from the
thread that lives as long as the process: the main one.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TextIO
from urllib.parse import quote

import structlog

from gateway.database.embedded.binaries import (
    Binaries,
    PostgresError,
    Runner,
    find_binaries,
    find_runner,
    system_servers,
    within_reach,
)
from gateway.database.embedded.folders import PORT, Entrance, give, is_held, lock_home, settle, socket_folder

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005
WATCH_SECONDS = 0.2
RETRY_SECONDS = 2.0
LOG_BYTES = 10_000_000
"""A log longer than this is put aside at the next start, in the place of the one put aside before."""
PR_SET_PDEATHSIG = 1
PREDECESSOR = ("lock file", "shared memory block")
"""What the server says when one before it has not ended yet."""
KEPT_VARIABLES = ("DYLD_LIBRARY_PATH", "HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
BUILTIN_LOCALES_SINCE = 17
LETTERS = ("C.UTF-8", "en_US.UTF-8", "C")
"""Values of LC_CTYPE by preference; the first is on every Linux of today, the second on older systems."""
LETTERS_KEPT = "nexora.letters"
"""The file in a cluster that says which of these it was made with; PostgreSQL does not mind it."""
IO_METHODS_SINCE = 18

log = structlog.get_logger(__name__)


class WrongMajor(PostgresError):
    """The data belongs to another major version of PostgreSQL."""


class EmbeddedPostgres:
    """`async with EmbeddedPostgres(home) as server:` starts the server below `home` and stops it at the end.

    binaries: a particular server; by default the first one found.
    durable: False gives up safety on power failure for speed, for data that nobody will miss.
    """

    def __init__(self, home: Path, *, binaries: Binaries | None = None, durable: bool = True) -> None:
        self.home = home.expanduser().absolute()
        self.restarts = 0
        self._binaries = binaries
        self._durable = durable
        self._runner: Runner | None = None
        self._place = self.home / "postgres"
        self._sockets = self._place / "run"
        self._entrance: Entrance | None = None
        self._lock: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def dsn(self) -> str:
        """The address of the server's first database, for its superuser `nexora`."""
        return _dsn(self._sockets)

    @property
    def pid(self) -> int | None:
        """The server's process while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start serving. Raises PostgresError with a sentence that says what to do."""
        runner = find_runner()
        self._lock = lock_home(self.home, runner)
        try:
            self._place, self._runner = settle(self.home, runner)
            self._entrance = Entrance(self._place, self._runner)
            self._sockets = socket_folder(self._place, self._runner)
            if self._binaries is None:
                self._binaries = await asyncio.to_thread(find_binaries)
            binaries = await asyncio.to_thread(within_reach, self._binaries, self._runner, self._place)
            await self._prepare_data(binaries)
            await self._spawn(binaries)
        except BaseException:
            await self.stop()
            raise
        self._watcher = asyncio.create_task(self._watch(binaries), name="postgres watch")

    async def stop(self) -> None:
        """Stop the server: open sessions are ended, what was committed is on disk."""
        if self._watcher:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None
        await self._end()
        if self._entrance:
            self._entrance.close()
            self._entrance = None
        if self._lock:
            self._lock.close()
            self._lock = None

    @property
    def _data(self) -> Path:
        return self._place / "data"

    @property
    def _journal(self) -> Path:
        return self._place / "postgres.log"

    async def _prepare_data(self, binaries: Binaries) -> None:
        version = self._data / "PG_VERSION"
        if not version.exists():
            await asyncio.to_thread(self._initialise, binaries)
            return
        major = int(version.read_text(encoding="ascii").strip())
        if major != binaries.major:
            raise WrongMajor(_wrong_major(self._data, major, binaries))

    def _initialise(self, binaries: Binaries) -> None:
        """Make the cluster in a folder of its own and rename it when complete: a crash leaves nothing half made."""
        for left in self._place.glob("making-*"):
            shutil.rmtree(left)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=self._place))
        give(fresh, self._runner)
        for ctype in LETTERS:
            made = self._run_initdb(binaries, fresh, ctype)
            if made.returncode == 0 or "invalid locale name" not in made.stderr:
                break
        if made.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise PostgresError(f"initdb failed: {made.stderr.strip()[-800:]}")
        (fresh / LETTERS_KEPT).write_text(f"{ctype}\n", encoding="ascii")
        fresh.rename(self._data)

    def _run_initdb(self, binaries: Binaries, fresh: Path, ctype: str) -> subprocess.CompletedProcess[str]:
        command = [str(binaries.folder / "initdb"), "-D", self._seen(fresh), "-U", "nexora", "-E", "UTF8"]
        command += ["--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions"]
        command += _locale(binaries, ctype) + ([] if self._durable else ["--no-sync"])
        return subprocess.run(  # noqa: S603  # our own arguments, no shell
            command, capture_output=True, check=False, text=True, errors="replace", **self._surroundings()
        )

    def _seen(self, path: Path) -> str:
        """How the server's programs name something of ours."""
        return str(self._entrance.seen(path) if self._entrance else path)

    def _surroundings(self) -> dict[str, Any]:
        """Popen's words for every program of the server: where, as whom, and with which way into the folder."""
        way = self._entrance.inherited if self._entrance else ()
        return {"cwd": "/", "env": _environment(), "pass_fds": way, **_identity(self._runner)}

    async def _spawn(self, binaries: Binaries) -> None:
        """Start the server and wait until it takes connections; one before it that still stops is waited for."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + START_SECONDS
        while True:
            begins = self._journal.stat().st_size if self._journal.exists() else 0
            self._process = self._launch(binaries)
            if await self._became_ready(self._process, deadline):
                return
            said = _said_since(self._journal, begins)
            if clock() > deadline or not any(sign in said for sign in PREDECESSOR):
                await self._end()
                raise PostgresError(f"PostgreSQL did not start: {said or 'no reason given'} (log: {self._journal})")
            _stop_orphan(self._data)
            await asyncio.sleep(10 * POLL_SECONDS)

    async def _became_ready(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while process.poll() is None and asyncio.get_running_loop().time() < deadline:
            lines = _lines(self._data / "postmaster.pid")
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":  # noqa: PLR2004  # its 8th line
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _launch(self, binaries: Binaries) -> subprocess.Popen[bytes]:
        command = [str(binaries.folder / "postgres"), "-D", self._seen(self._data), "-k", self._seen(self._sockets)]
        command += ["-p", str(PORT)]
        for setting in (*_tuning(binaries), f"fsync={'on' if self._durable else 'off'}"):
            command += ["-c", setting]
        with os.fdopen(self._open_journal(), "ab") as journal:
            return subprocess.Popen(  # noqa: S603  # our own arguments, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                start_new_session=True,  # Ctrl-C in the terminal is for the gateway, which stops the server last
                preexec_fn=_stop_with(os.getpid()),  # noqa: PLW1509  # one system call from a library already loaded
                **self._surroundings(),
            )

    def _open_journal(self) -> int:
        if self._journal.exists() and self._journal.stat().st_size > LOG_BYTES:
            self._journal.replace(self._journal.with_suffix(".log.1"))
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if self._runner:
            os.fchown(descriptor, self._runner.uid, self._runner.gid)
        return descriptor

    async def _watch(self, binaries: Binaries) -> None:
        """Start the server again whenever it dies; its clients find it again at the same address."""
        while True:
            if self._process is not None:
                await _end_of(self._process)
            status = self._process.returncode if self._process else None
            log.error("postgres_died", status=status, log=str(self._journal))
            try:
                await self._spawn(binaries)
            except (PostgresError, OSError) as error:
                log.error("postgres_restart_failed", reason=str(error))  # noqa: TRY400  # the reason is the whole story
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # whatever it is, somebody has to go on watching
                log.exception("postgres_restart_failed")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.restarts += 1
                log.warning("postgres_restarted", restarts=self.restarts)

    async def _end(self) -> None:
        """Fast shutdown, and harder ones if it takes too long."""
        if self._process is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(how)
            try:
                await asyncio.to_thread(self._process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                log.warning("postgres_stop_delayed", signal=how.name, seconds=STOP_SECONDS)
            else:
                break
        self._process = None


async def _end_of(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has ended; where the kernel tells of it, a server at rest wakes nobody."""
    descriptor = None
    try:
        if sys.platform == "linux" and process.poll() is None:
            descriptor = os.pidfd_open(process.pid)
    except OSError:
        log.debug("postgres_watched_by_asking")  # a kernel before 5.3, or a sandbox that knows no such call
    if descriptor is not None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
    while process.poll() is None:  # noqa: ASYNC110  # nobody tells us of a child's end without a descriptor
        await asyncio.sleep(WATCH_SECONDS)


def running_dsn(home: Path) -> str | None:
    """The address of the server that another process runs on this data folder, or None when nobody does."""
    home = home.expanduser().absolute()
    place = home / "postgres"
    if not place.is_dir() or not is_held(home):
        return None
    place = place.resolve()
    owner = (place / "data").stat()
    return _dsn(socket_folder(place, Runner(name="", uid=owner.st_uid, gid=owner.st_gid)))


def _dsn(sockets: Path) -> str:
    return f"postgresql://nexora@/postgres?host={quote(str(sockets))}&port={PORT}"


def _wrong_major(data: Path, major: int, binaries: Binaries) -> str:
    other = system_servers().get(major)
    use = f"NEXORA_PG_BIN={other}" if other else f"NEXORA_PG_BIN to the bin folder of a PostgreSQL {major}"
    return (
        f"The data in {data} was made by PostgreSQL {major}, but the server found in {binaries.folder} is "
        f"PostgreSQL {binaries.major}. Nothing was changed. Set {use} to go on with this data, or move it into the "
        f"newer version with pg_upgrade, or start with an empty NEXORA_HOME."
    )


def _environment() -> dict[str, str]:
    """What the server is told of ours: where programs and libraries are, and none of our secrets."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _identity(runner: Runner | None) -> dict[str, Any]:
    """Popen's words for running as another user."""
    return {"user": runner.uid, "group": runner.gid, "extra_groups": []} if runner else {}


def _locale(binaries: Binaries, ctype: str) -> list[str]:
    """Sorting by code point, letters by Unicode, the same on every system.

    `pg_trgm` and full text ask LC_CTYPE what a letter is also where the builtin provider sorts: with C they find no
    word in Chinese. It cannot be changed once the cluster is made.
    """
    if binaries.major >= BUILTIN_LOCALES_SINCE:
        return ["--locale=C", f"--lc-ctype={ctype}", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C", f"--lc-ctype={ctype}"]


def _tuning(binaries: Binaries) -> list[str]:
    """Small and durable: a handful of clients on one machine."""
    return [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=40",
        "shared_buffers=32MB",
        "max_wal_size=256MB",
        "synchronous_commit=on",
        "wal_writer_delay=2s",  # it has nothing to do where every commit waits for its own flush
        "bgwriter_delay=2s",
        "jit=off",
        "max_logical_replication_workers=0",
        "log_timezone=UTC",
        *(["io_method=sync"] if binaries.major >= IO_METHODS_SINCE else []),
    ]


def _stop_with(parent: int) -> Callable[[], None] | None:
    """What the child runs before it becomes the server: ask the kernel for a fast shutdown when we end."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)  # we ended before the kernel knew

    return ask


def _stop_orphan(data: Path) -> None:
    """Where no kernel does it: stop a server that outlived its gateway, if the recorded process really is one."""
    lines = _lines(data / "postmaster.pid")
    if sys.platform == "linux" or not lines:
        return
    shown = subprocess.run(  # noqa: S603  # a number that the server wrote
        ["/bin/ps", "-o", "command=", "-p", str(abs(int(lines[0])))], capture_output=True, text=True, check=False
    ).stdout
    if str(data) in shown:
        os.kill(int(lines[0]), signal.SIGINT)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _said_since(journal: Path, begins: int) -> str:
    if not journal.exists():
        return ""
    with journal.open("rb") as lines:
        lines.seek(begins)
        return lines.read()[-800:].decode(errors="replace").strip()
