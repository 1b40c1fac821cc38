"""What everybody is called, as the database has it, and the claim to a name, of which one at a time is looked at."""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from governance.people.names import Called, NameRefused, require_free, taken
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


async def everybody(reader: Store | Transaction, but: UUID | None = None) -> list[Called]:
    """What everybody is called, disabled persons too, by sign-in name."""
    return [called_of(row) for row in await reader.fetch(QUERIES["everybody"], but)]


async def hold(work: Transaction) -> None:
    """Let nobody else claim a name until this transaction ends; to be done before any person is held."""
    await work.execute(QUERIES["hold"])


async def claim(work: Transaction, person_id: UUID, name: str, shown: str, *, is_admin: bool) -> None:
    """Make sure that these names of a person are nobody else's; an empty one is not claimed. Raises NameRefused."""
    require_free(name, shown, await everybody(work, person_id), is_admin=is_admin)


async def if_free(work: Transaction, shown: str) -> str:
    """The name that others would read of a new operator; empty where it can be mistaken."""
    with suppress(NameRefused):
        require_free("", shown, await everybody(work))
        return shown
    return ""


async def refusal(work: Transaction, name: str) -> NameRefused:
    """Why a sign-in name that somebody has cannot be another's."""
    return taken(name, await everybody(work))


def called_of(row: Row) -> Called:
    """What the person of a row of the query `everybody` is called."""
    return Called(id=row["id"], name=row["name"], shown=row["display_name"], is_admin=row["role"] == "admin")
