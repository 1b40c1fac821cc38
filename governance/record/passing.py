"""Which errors of a database pass by themselves or when an admin mends it, and which lie in what was asked of it.

Judged by the class of the SQLSTATE and not by a list of errors: a server that fails over, is read-only, locked, full,
short of connections or rights, or torn down raises many, and none of them is a reason to give up what was asked.
"""

import asyncpg

_CLASSES = (
    "08",  # the connection
    "25",  # a transaction that the server's state forbids: a standby or a server set to read-only
    "28",  # who may connect
    "3D",  # the database itself is not there
    "40",  # rolled back: deadlock, serialization failure
    "53",  # no memory, disk or connection left
    "55",  # not now: locked by somebody, in the wrong state
    "57",  # an operator stops or cancels
    "58",  # the system below
    "F0",  # the server's files
    "XX",  # an inner error
)
_STATES = (
    "42501",  # a right that is missing
    "42P01",  # a table that is not there: a restore in its course, or a schema put back
)
READ_ONLY = "25006"
_MISCOUNTED = "the server expects"


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed later, so that it is no fault of what was asked."""
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return True  # the schema changed under a prepared statement; the next try prepares it anew
    if isinstance(error, asyncpg.PostgresError):
        return state_of(error).startswith((*_CLASSES, *_STATES))
    if isinstance(error, ValueError) or str(error).startswith(_MISCOUNTED):
        return False  # asyncpg's words for an argument that cannot be sent, and for too few or too many of them
    return isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def state_of(error: BaseException) -> str:
    """The SQLSTATE, empty where there is none."""
    return str(getattr(error, "sqlstate", "") or "")


def reason_of(error: BaseException) -> str:
    """What the database said, for a log and an admin, in one line."""
    said = " ".join(str(error).split()) or type(error).__name__
    state = state_of(error)
    return f"{said} ({state})" if state else said
