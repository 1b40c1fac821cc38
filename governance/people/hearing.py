"""Who hears, in the same transaction, of what changes about a person."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from governance.record.transaction import Transaction

if TYPE_CHECKING:  # who hears of persons is handed to those who keep them
    from governance.people.people import Origin, Person

OnAdmin = Callable[[Transaction, "Person", "Person | None", "Origin"], Awaitable[None]]
"""Gives somebody who has become an admin what admins have, as `AgentGrants.give_admin`."""
OnDisable = Callable[[Transaction, UUID, "Person | None"], Awaitable[int]]
"""Ends the requests of a person who is shut out, as `Approvals.cancel_all_of`; how many."""
OnMove = Callable[[Transaction, "Person"], Awaitable[int]]
"""Hears of somebody who may live by other clocks from now on; how much follows."""
