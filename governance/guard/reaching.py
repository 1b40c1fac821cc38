"""The network that a call asks for: whether a person must be asked, and what the card says. The proxy does the rest.

A call has a network when it asked for one, and everything that it names is listed for its agent, or a person agreed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from governance.egress.hosts import ANY, Destination, NetworkReach
from governance.guard.calls import ProposedCall
from governance.guard.destinations import wants_network
from governance.values.reasons import Why, why
from governance.values.verdicts import Allowed, Ask, Refused, Risk, Verdict, strictest

MOST_NAMED = 40
"""A card shows every host, so there can be no more."""

ReachOf = Callable[[str, str], Awaitable[NetworkReach]]
"""What the commands of an agent reach, with what a conversation (its key, or none) may reach once, at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkWish:
    """The network that a call wants: the hosts that it names (ANY where it names none), and what its agent reaches."""

    agent: str
    named: tuple[Destination, ...]
    reach: NetworkReach

    @property
    def hosts(self) -> tuple[str, ...]:
        """As a card shows them."""
        return tuple(map(str, self.named))

    @property
    def is_vague(self) -> bool:
        """Whether it names no host at all."""
        return any(one.host == ANY for one in self.named)

    @property
    def is_listed(self) -> bool:
        """Whether nobody need be asked: all is listed, or nothing is named, so that what is listed is all there is."""
        if self.is_vague:
            return not self.reach.is_empty and len(self.named) == 1
        return all(one.is_listed(self.reach) for one in self.named)


async def wish_of(call: ProposedCall, reach_of: ReachOf) -> NetworkWish | None:
    """The network that the call wants, whose command was read; None without one."""
    if not wants_network(call):
        return None
    return NetworkWish(
        agent=call.agent, named=call.destinations or (), reach=await reach_of(call.agent, call.conversation)
    )


def with_network(verdict: Verdict, wish: NetworkWish | None) -> Verdict:
    """The verdict on a contained command, with the network that it wants; without a wish it has none."""
    if isinstance(verdict, Refused):
        return verdict
    if wish is None:
        return replace(verdict, network=False)
    if len(wish.named) > MOST_NAMED:
        return Refused(because=why("network.many", most=str(MOST_NAMED)))
    if not wish.is_listed:
        verdict = strictest(
            [
                verdict,
                Ask(because=_asking(wish), risk=Risk.HIGH if any("*" in host for host in wish.hosts) else Risk.MEDIUM),
            ]
        )
    if isinstance(verdict, Ask):
        return replace(verdict, network=True, hosts=wish.hosts, inside=False)
    return Allowed(because=why("network.listed", agent=wish.agent, otherwise=verdict.because), network=True)


def _asking(wish: NetworkWish) -> Why:
    if wish.is_vague:
        return why("network.any")
    unlisted = [str(one) for one in wish.named if not one.is_listed(wish.reach)]
    asked = why("network.asks", agent=wish.agent, hosts=", ".join(unlisted))
    secrets = sorted({secret.name for one in wish.named for secret in wish.reach.secrets_for(one.host)})
    return why("network.secrets", otherwise=asked, names=", ".join(secrets)) if secrets else asked
