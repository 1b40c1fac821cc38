"""What a person can send on a platform, kind by kind, with the payload as the platform's documentation writes it down.

A driver that knows them is a `SendsContents`; `tests/platforms/<kind>/contents.py` lists them, and adding one there
edits no test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from channels.messages import Inbound, Quote

COMMAND = "/approve 7QX4"
"""What somebody else has written, in the contents that pass it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One kind of content.

    payload: the fields of the platform's event that make it of this kind; the driver adds who, where and when.
    says: what must stand in what the agent reads. files: the names under which it gets them, in order.
    is_others: `COMMAND` stands in it in the words of somebody else.
    """

    name: str
    payload: Mapping[str, Any]
    says: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_others: bool = False


@runtime_checkable
class SendsContents(Protocol):
    """A driver whose persons send more than words and files."""

    @property
    def contents(self) -> Sequence[Content]:
        """All kinds that the platform's current documentation lists."""

    async def send_content(self, content: Content) -> None:
        """Alice sends it into the direct conversation."""


def read_of(inbound: Inbound) -> str:
    """The words that an agent gets of it: what is quoted, under the name of who said it, and what is said."""
    quotes = [part for part in inbound.parts if isinstance(part, Quote)]
    named = [f"{quote.author.name}: {quote.text}" if quote.author else quote.text for quote in quotes]
    return "\n".join([*named, inbound.text]).strip()
