"""What of a table of work is this gateway's to claim, where several share it, and whom to tell of the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReach:
    """The channels whose rows this gateway may claim: `only` these, or all for None, but `never` those.

    Rows that are marked late are claimed whatever `only` says, since they are put aside and nothing else.
    """

    only: Sequence[str] | None = None
    never: Sequence[str] = ()


def nobody() -> None:
    """There is no other gateway to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachBounds:
    """Of one table. Alone, everything is ours; `on_left` hears that rows may be ready that others have to take."""

    reach: Callable[[], ClaimReach] = ClaimReach
    on_left: Callable[[], None] = nobody

    def values(self) -> tuple[Sequence[str] | None, Sequence[str]]:
        """The last two parameters of a statement that claims or looks."""
        reach = self.reach()
        return reach.only, reach.never
