"""What the host of a URL is, however it is written, and whether its address is of the open Internet, or listed."""

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from channels.base import NexoraError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")
_NEVER_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
            *("fec0::/10", "2001::/23", "100::/64", "5f00::/16", "3fff::/20"),
        ),
    )
)
"""What Python calls global in some of its versions, or what clouds keep for themselves (168.63.129.16 is Azure's)."""
_INNER_NAMES = re.compile(
    r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|corp|home|private|home\.arpa|test|invalid|example"
    r"|onion|cluster\.local|metadata|instance-data)$"
)
_NAMES_OF_LOOPBACK = re.compile(r"(?:^|\.)(?:localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|yoogle\.com|1u\.ms)$")
_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{2,63}(?<!-)")


class HostRefused(NexoraError):
    """The host cannot be reached from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowList:
    """Servers inside, as `host:port`, that an admin lets agents reach."""

    servers: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, servers: Iterable[str]) -> Self:
        """From texts such as `wiki.corp:443` or `[::1]:8080`; raises ValueError for one without a port."""
        found = set()
        for server in servers:
            host, _, port = server.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{server} is not host:port")
            found.add((listed_host(host), int(port)))
        return cls(servers=frozenset(found))

    def holds(self, host: str, port: int) -> bool:
        """Whether that server is on the list, by the name by which the list has it."""
        return (listed_host(host), port) in self.servers


NOBODY = AllowList()


def is_public(address: IPAddress | str) -> bool:
    """Whether an address belongs to the open Internet; also judges the IPv4 address that an IPv6 one carries."""
    one = ipaddress.ip_address(address.partition("%")[0]) if isinstance(address, str) else address
    if isinstance(one, ipaddress.IPv6Address):
        inner = _carried(one)
        if inner is not None:
            return is_public(inner)
    if any(one in network for network in _NEVER_PUBLIC if network.version == one.version):
        return False
    return one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified or one.is_loopback)


def is_address(host: str) -> bool:
    """Whether a host in plain notation is an address and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def plain_host(written: str) -> str:
    """The host in ASCII and lowercase as it will be looked up, an address in its usual form.

    Raises HostRefused with a sentence for an address that is not public or is disguised, for names of this machine
    and of inner networks, and for what is no host at all.
    """
    host = unicodedata.normalize("NFKC", written).replace("。", ".").lower()
    host = host.removesuffix(".")
    if not host or "%" in host or any(ord(letter) <= ord(" ") for letter in host):
        raise HostRefused("the URL names no host")
    address = _address(host)
    if address is None:
        return _name(host)
    if not is_public(address):
        raise HostRefused(f"{written} is an address of this machine or of an inner network")
    if str(address) != written.strip("[]").lower() and isinstance(address, ipaddress.IPv4Address):
        raise HostRefused(f"{written} is a disguised way of writing {address}")
    return str(address)


def _name(host: str) -> str:
    try:
        plain = host.encode("idna").decode("ascii")
    except UnicodeError as problem:
        raise HostRefused(f"{host[:80]} is not a host's name") from problem
    if _INNER_NAMES.search(plain) or _NAMES_OF_LOOPBACK.search(plain):
        raise HostRefused(f"{plain} is a name of this machine or of an inner network")
    if "." not in plain:
        raise HostRefused(f"{plain} is a name of an inner network; write the whole name of a public host")
    if not _NAME.fullmatch(plain):
        raise HostRefused(f"{plain[:80]} is not a host's name")
    return plain


def _address(host: str) -> IPAddress | None:
    """The address that a host is, in any of the forms that some library takes for one; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    if re.fullmatch(r"(?:(?:0x[0-9a-f]*|[0-9]+)(?:\.|$)){1,4}", host):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            raise HostRefused(f"{host[:80]} looks like an address but is none") from None
    return None


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    for found in (address.ipv4_mapped, address.sixtofour, address.teredo[1] if address.teredo else None):
        if found is not None:
            return found
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def listed_host(host: str) -> str:
    """A host in the form in which an allow-list has it."""
    return host.lower().strip("[]").rstrip(".")
