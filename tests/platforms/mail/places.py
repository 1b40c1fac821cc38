"""Where the mail servers of one run keep everything, and the ports on which they listen. It starts nothing."""

import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

DOMAIN = "corp.example"
HOST = "mx.corp.example"
OLD_HOST = "localhost"
PASSWORD = "correct-horse"
SECRET = b"a secret that the mail servers share with those who hand out tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """imap and submission begin in the clear and offer STARTTLS; border is where the world delivers its mail."""

    imap: int
    imaps: int
    lmtp: int
    submission: int
    smtps: int
    border: int
    policy: int

    @classmethod
    def free(cls) -> Self:
        """Ports that nobody has now."""
        names = cls.__dataclass_fields__
        doors = [socket.create_server(("127.0.0.1", 0)) for _ in names]
        try:
            return cls(**{name: door.getsockname()[1] for name, door in zip(names, doors, strict=True)})
        finally:
            for door in doors:
                door.close()

    def told(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folder of a run. Its path must be one that the servers' own users may enter."""

    home: Path

    @property
    def authority(self) -> Path:
        """The certificate that signed the servers' own."""
        return self.home / "authority.pem"

    @property
    def certificate(self) -> Path:
        return self.home / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.home / "key.pem"

    @property
    def old_certificate(self) -> Path:
        """The key and the certificate of OLD_HOST, which does not name its issuer's key."""
        return self.home / "old.pem"

    @property
    def dovecot(self) -> Path:
        return self.home / "dovecot.conf"

    @property
    def postfix(self) -> Path:
        """The folder with main.cf and master.cf."""
        return self.home / "postfix"

    @property
    def queue(self) -> Path:
        return self.home / "queue"

    @property
    def denied(self) -> Path:
        """Names that may not sign in any more, one a line."""
        return self.home / "denied"

    @property
    def faults(self) -> Path:
        """For each account that sends, the answers that its next recipients get, one a line."""
        return self.home / "faults"

    @property
    def said(self) -> Path:
        """For each account that sends, one line for each message that was taken."""
        return self.home / "said"

    @property
    def verdicts(self) -> Path:
        """For each sender from outside, the header that the border writes on top of what it sends."""
        return self.home / "verdicts"

    def mailbox(self, address: str) -> Path:
        return self.home / "mail" / address / "Maildir"
