"""What cannot be done with persons, each with a sentence of its own in the catalogue."""

from channels.base import NexoraError


class PersonExists(NexoraError):
    """There is already a person of that name."""


class PersonMissing(NexoraError):
    """There is no such person."""


class NameWrong(NexoraError):
    """A name is 1 to 64 letters, digits, dots, underscores and hyphens."""


class LastAdmin(NexoraError):
    """This is the last active admin; make somebody else an admin first."""


class OwnRole(NexoraError):
    """You will not be admin any more, and only another admin can change that; confirm it to go on."""
