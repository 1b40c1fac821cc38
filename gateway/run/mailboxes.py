"""Mailboxes of persons: opened by the secret that each keeps for the skill, behind the guard of all egress."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from agents.specs import SpecFolder
from agents.toolbox.mailbox import SKILL, SeenMail, WantedMail
from agents.tools.schema import ToolFailed
from channels.base import ChannelError
from channels.email.reading import IMAPS, MailSearch, OwnMailbox, ReadMail, own_mailbox, read_own
from channels.sayings import told
from governance.egress.addresses import HostRefused
from governance.egress.egress import Egress
from governance.masking.known import HANDED_OUT
from governance.people.people import Person
from governance.record.audit import Event
from governance.record.transaction import Store
from governance.secrets.names import Holder, HolderKind, SecretRefused
from governance.secrets.store import Secrets

SECRET = "MAILBOX"  # noqa: S105  # its name
_NONE = (
    f"this person has no mailbox here: tell them to send `/secret set {SECRET}` in their private chat and to open the "
    "link; a password is never typed in a chat"
)
_UNREADABLE = (
    f"the secret {SECRET} is not an address, a password and, where the provider is not a known one, an IMAP server, "
    f"each on a line; tell the person to send `/secret set {SECRET}` again"
)


class OwnMailboxes:
    """Reads the mailbox of a person for that person alone.

    `may_use` says whether an agent may use the skill; `ca_file` is trusted beside the system's certificates.
    """

    def __init__(
        self,
        store: Store,
        secrets: Secrets,
        egress: Egress,
        may_use: Callable[[str, str], bool],
        ca_file: str | None = None,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._egress = egress
        self._may_use = may_use
        self._ca_file = ca_file

    async def read(self, agent: str, person: Person, wanted: WantedMail) -> tuple[Sequence[SeenMail], int]:
        """The newest mails, newest first, and how many there are. Raises ToolFailed."""
        if not self._may_use(agent, SKILL):
            raise ToolFailed(f"this agent may not use the skill {SKILL}, which reads mail")
        box = await self._opened(person)
        search = MailSearch(
            since=wanted.since,
            is_unread=wanted.is_unread,
            sender=wanted.sender,
            uid=wanted.number,
            most=wanted.most,
        )
        try:
            addresses = await self._addresses(box)
            mails, total = await read_own(box, search, addresses, self._ca_file)
        except (ChannelError, HostRefused) as error:
            raise ToolFailed(f"the mailbox cannot be read: {told(str(error), 'en')}") from error
        except OSError as error:
            raise ToolFailed(f"the mail server {box.host} has no address; tell the person") from error
        detail = {"agent": agent, "host": box.host, "mails": len(mails)}
        await self._store.record(
            Event(tag="agents:mailbox:read", actor=str(person.id), actor_name=person.name, detail=detail)
        )
        return [_seen(each) for each in mails], total

    async def _opened(self, person: Person) -> OwnMailbox:
        try:
            values = await self._secrets.reveal(Holder(HolderKind.SKILL.value, SKILL), person.id, [SECRET], own=True)
        except SecretRefused as error:
            raise ToolFailed(_NONE) from error
        box = own_mailbox(values[SECRET])
        if box is None:
            raise ToolFailed(_UNREADABLE)
        HANDED_OUT.learn({SECRET: box.password}, are_named=False)  # of the secret this line alone could be said again
        return box

    async def _addresses(self, box: OwnMailbox) -> Sequence[str]:
        """Where the server is reached; on another port than that of mail only where an admin has listed it."""
        if box.port != IMAPS and not self._egress.allow.holds(box.host, box.port):
            raise HostRefused(f"port {box.port} is not the one of mail; an admin can list {box.host}:{box.port}")
        try:
            return await self._egress.addresses(box.host, box.port)
        except socket.gaierror as error:
            raise HostRefused(f"the mail server {box.host} has no address") from error


def mailboxes_for(
    store: Store, secrets: Secrets, egress: Egress, specs: SpecFolder, ca_file: Path | None
) -> OwnMailboxes:
    """The mailboxes of a gateway, for agents whose file lets them use the skill."""

    def may_use(agent: str, skill: str) -> bool:
        return specs.load(agent).may_use_skill(skill)

    return OwnMailboxes(store, secrets, egress, may_use, str(ca_file) if ca_file else None)


def _seen(mail: ReadMail) -> SeenMail:
    return SeenMail(
        number=mail.uid,
        at=mail.at,
        sender=mail.sender,
        subject=mail.subject,
        words=mail.words,
        files=mail.files,
        notes=mail.notes,
        is_unread=mail.is_unread,
    )
