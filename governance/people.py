"""Persons, their roles and the chat accounts linked to them. It sends nothing and knows no platform."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do in general. Alphabetical."""

    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the company knows. `agents` are the names granted right now; `language` is `en` or `zh`."""

    id: UUID
    name: str
    role: Role
    display_name: str = ""
    language: str = "en"
    agents: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """What others read."""
        return self.display_name or self.name
