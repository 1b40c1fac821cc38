"""What one call sent and got through its proxy, by host, and how much it may. It knows no sockets."""

from dataclasses import dataclass, field

from channels.base import NexoraError

MOST_HOSTS = 100
"""Hosts of one call that are told apart; those beyond it count together, so that names cannot flood the record."""
OTHERS = "(others)"


class ProxySpent(NexoraError):
    """The call sent or got more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficBounds:
    """How much one call may send and get, and by how many connections, in all and at a time."""

    up_bytes: int = 64 << 20
    down_bytes: int = 512 << 20
    connections: int = 2_000
    at_once: int = 64


@dataclass(slots=True, kw_only=True)
class Use:
    """One host and port of a call. `because` says why it did not pass, empty where it did."""

    host: str
    port: int
    because: str = ""
    methods: set[str] = field(default_factory=set)
    connections: int = 0
    up: int = 0
    down: int = 0

    @property
    def place(self) -> str:
        """Host and port, as people write them."""
        return f"{self.host}:{self.port}" if self.port else self.host


class Ledger:
    """The uses of one call."""

    def __init__(self, bounds: TrafficBounds) -> None:
        self._bounds = bounds
        self._uses: dict[tuple[str, int, bool], Use] = {}
        self._up = self._down = self._connections = 0
        self.spent = ""

    @property
    def uses(self) -> list[Use]:
        """What passed and what did not, in the order in which it was first tried."""
        return list(self._uses.values())

    def begin(self) -> None:
        """One more connection; raises ProxySpent when there were too many."""
        self._connections += 1
        if self._connections > self._bounds.connections:
            self._over(f"more than {self._bounds.connections} connections")

    def passed(self, host: str, port: int, method: str) -> Use:
        """A connection that was let pass."""
        use = self._use(host, port)
        use.methods.add(method)
        return use

    def blocked(self, host: str, port: int, method: str, because: str) -> Use:
        """A connection that was not let pass, and why."""
        use = self._use(host, port, because)
        use.methods.add(method)
        return use

    def sent(self, use: Use, count: int) -> None:
        """Count what goes out; raises ProxySpent before it goes."""
        self._up += count
        if self._up > self._bounds.up_bytes:
            self._over(f"more than {self._bounds.up_bytes >> 20} MB sent")
        use.up += count

    def got(self, use: Use, count: int) -> None:
        """Count what comes in; raises ProxySpent."""
        self._down += count
        if self._down > self._bounds.down_bytes:
            self._over(f"more than {self._bounds.down_bytes >> 20} MB fetched")
        use.down += count

    def _over(self, what: str) -> None:
        self.spent = what
        raise ProxySpent(f"the call is over its bounds: {what}")

    def _use(self, host: str, port: int, because: str = "") -> Use:
        key = (host[:253], port, bool(because))
        if key not in self._uses and len(self._uses) >= MOST_HOSTS:
            key = (OTHERS, 0, bool(because))
        use = self._uses.setdefault(key, Use(host=key[0], port=key[1], because=because))
        use.connections += 1
        return use
