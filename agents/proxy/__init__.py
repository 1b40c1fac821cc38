"""The one way out of the sandbox: a proxy that lives for one call, and lets pass what was listed or approved for it.

Inside it is 127.0.0.1 of a network that holds nothing else; what is connected there is accepted here. It decides by
`egress.hosts` and by the addresses that a name has at that moment, counts, and writes one audit line per host.
"""

from agents.proxy.ledger import TrafficBounds, Use
from agents.proxy.proxies import CommandProxies
from agents.proxy.proxy import Proxy

__all__ = ["CommandProxies", "Proxy", "TrafficBounds", "Use"]
