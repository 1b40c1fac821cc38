"""The one record of a turn: whose it is, where it goes on, and since when. It is passed on whole and copied nowhere."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from agents.pool import Agent
from channels.messages import Account, Address
from governance.people.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """By whom and by which account, for which agent, in which conversation.

    `title` is what a conversation is called until it has a title of its own: the first words of its person.
    It `is_followed` where that person has just spoken, and not where it began by itself.
    """

    id: UUID
    person: Person
    agent: Agent
    address: Address
    is_direct: bool
    workspace: Path
    started_at: datetime
    account: Account | None = None
    title: str = ""
    is_followed: bool = True
