"""What a person can send on a platform, kind by kind, with the payload as the platform's documentation writes it down.

A driver that sends them is a `SendsContents`; `tests/platforms/<kind>/contents.py` lists them, and adding one there
edits no test. Those of platforms whose fakes do not send them are listed and read in `test_content_<kind>.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from channels.messages import Inbound, Quote, Text

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

    def missing_in(self, read: str) -> list[str]:
        """What the agent should read of it and does not."""
        return [words for words in self.says if words not in read]


@runtime_checkable
class SendsContents(Protocol):
    """A driver whose persons send more than words and files."""

    @property
    def contents(self) -> Sequence[Content]:
        """All kinds that the platform's current documentation lists."""

    async def send_content(self, content: Content) -> None:
        """Alice sends it into the direct conversation."""


def named(content: Content) -> str:
    """How a case of a test is called."""
    return content.name.replace(" ", "_")


def read_of(inbound: Inbound) -> str:
    """All that an agent reads of it: what is quoted, behind who said it, what is said, and the files."""
    quotes = [
        f"{part.author.name if part.author else ''}>{part.text}" for part in inbound.parts if isinstance(part, Quote)
    ]
    files = [f"<{part.name}|{part.presented_as}|{part.locator}>" for part in inbound.files]
    return "\n".join([*quotes, inbound.text, *files]).strip()


def reaching(event: Inbound | None) -> str:
    """The same of one that must begin a turn; fails where it would begin without anything to read."""
    assert event is not None, "met with silence"
    assert event.text or event.files, "a turn without words"
    assert all(part.text for part in event.parts if isinstance(part, Text)), "an empty text"
    return read_of(event)
