"""The one way out of the sandbox: a proxy that lives for one call, and lets pass what was listed or approved for it.

Inside it is 127.0.0.1 of a network that holds nothing else; what is connected there is accepted here. It decides by
`egress.hosts` and by the addresses that a name has at that moment, counts, and writes one audit line per host.
"""

from agents.door.door import Door
from agents.door.doors import Doors
from agents.door.ledger import Bounds, Use

__all__ = ["Bounds", "Door", "Doors", "Use"]
