"""Both servers as tests use them: started once for a whole run, each test with persons of its own."""

import asyncio
import atexit
import contextlib
import imaplib
import itertools
import json
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.conftest import unavailable
from tests.platforms.mail.places import DOMAIN, HOST, PASSWORD, Places, Ports

NEEDED = ("/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp", "/usr/sbin/postfix")
_numbers = itertools.count(1)


class MailServers:
    """A running Dovecot and Postfix. Everybody has a mailbox: `alice.1@corp.example` and so on."""

    def __init__(self) -> None:
        self.places = Places(home=Path(tempfile.mkdtemp(prefix="nexora-mail-")))
        self.places.home.chmod(0o711)
        self._read: dict[str, EmailMessage] = {}
        command = (sys.executable, "-m", "tests.platforms.mail", str(self.places.home))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.stop)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the mail servers do not start"
        self.ports = Ports(**json.loads(line))

    def stop(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=15)
        self._process.stdout.close()
        shutil.rmtree(self.places.home, ignore_errors=True)

    def deliver(self, raw: bytes, *, to: str, sender: str) -> None:
        """Put a mail into a mailbox as the last server on its way does; returns once it is there."""
        with smtplib.LMTP("127.0.0.1", self.ports.lmtp, local_hostname=HOST) as door:
            door.sendmail(sender, [to], raw)

    def arrive(self, raw: bytes, *, to: str, sender: str) -> None:
        """Bring a mail to the border, as another server would; returns once Postfix has taken it."""
        with smtplib.SMTP("127.0.0.1", self.ports.border, local_hostname="elsewhere.example") as door:
            door.sendmail(sender, [to], raw)

    def verdict(self, sender: str, header: str) -> None:
        """What the border writes on top of the mails of this sender from now on."""
        (self.places.verdicts / sender).write_text(header)

    def fail(self, account: str, answers: Sequence[str]) -> None:
        """The next mails of this account are answered like this when their recipient is named."""
        with (self.places.faults / account).open("a") as told:
            told.write("".join(f"{answer}\n" for answer in answers))

    def taken_from(self, account: str) -> int:
        """How many mails of this account Postfix has taken."""
        said = self.places.said / account
        return len(said.read_text().splitlines()) if said.exists() else 0

    async def deny(self, account: str) -> None:
        """This account may not sign in any more; returns once Dovecot knows, which looks once a second."""
        with self.places.denied.open("a") as denied:
            denied.write(f"{account}:\n")
        while await self._doveadm("auth", "test", account, PASSWORD) == 0:  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.05)

    async def kick(self, account: str) -> None:
        """End the connections of an account as an admin would: with a goodbye."""
        await self._doveadm("kick", account)

    async def _doveadm(self, *command: str) -> int:
        nowhere = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            "/usr/bin/doveadm", "-c", str(self.places.dovecot), *command, stdout=nowhere, stderr=nowhere
        )
        return await process.wait()

    def mails(self, address: str) -> list[EmailMessage]:
        """What lies in a mailbox, in the order in which it came."""
        return [self._mail(path) for path in self._files(address)]

    def _mail(self, path: Path) -> EmailMessage:
        """A mail, which is read once: only what stands behind the colon of its name changes."""
        name = path.name.partition(":")[0]
        if name not in self._read:
            self._read[name] = message_from_bytes(path.read_bytes(), policy=policy.default)
        return self._read[name]

    def heard_by(self, address: str) -> int:
        """How many mails of a mailbox were marked as seen."""
        return sum("S" in path.name.rpartition(":2,")[2] for path in self._files(address) if ":2," in path.name)

    def _files(self, address: str) -> list[Path]:
        box = self.places.mailbox(address)
        found = [path for folder in ("new", "cur") if (box / folder).is_dir() for path in (box / folder).iterdir()]
        return sorted(found, key=_moment)


class Desk:
    """A look into a mailbox after each delivery, so that Dovecot numbers the mails in the order in which they came.

    Two deliveries that follow each other within milliseconds may else be numbered by whoever opens the folder next.
    """

    def __init__(self, servers: MailServers, address: str) -> None:
        self._servers = servers
        self._address = address
        self._box = self._open()

    def _open(self) -> imaplib.IMAP4:
        box = imaplib.IMAP4("127.0.0.1", self._servers.ports.imap)
        box.login(self._address, PASSWORD)
        box.select()
        return box

    def deliver(self, raw: bytes, *, sender: str) -> None:
        self._servers.deliver(raw, to=self._address, sender=sender)
        try:
            self._box.noop()
        except (imaplib.IMAP4.abort, OSError):  # somebody was asked to end all connections
            self.close()
            self._box = self._open()

    def close(self) -> None:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._box.shutdown()


def _moment(path: Path) -> tuple[int, int]:
    """When Dovecot stored a mail: `1764000000.M123456P42.host,S=10:2,S`."""
    seconds, rest = path.name.split(".")[:2]
    return int(seconds), int(rest[1:].partition("P")[0])


_running: list[MailServers] = []


def _require_programs() -> None:
    if missing := [program for program in NEEDED if not Path(program).exists()]:
        unavailable(f"{missing[0]} is missing (dovecot-imapd, dovecot-lmtpd, postfix)")
    if os.geteuid() != 0:
        unavailable("Postfix starts only for root")


async def running() -> MailServers:
    """The servers of this run, started by whoever needs them first; skips or fails where they cannot be had."""
    if not _running:
        _require_programs()
        _running.append(await asyncio.to_thread(MailServers))
    return _running[0]


def somebody(name: str) -> str:
    """An address that no other test of this run uses."""
    return f"{name}.{next(_numbers)}@{DOMAIN}"
