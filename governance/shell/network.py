"""Addresses in the arguments of a command, in whatever notation: the gateway's own ports and metadata services."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence

NETWORK = frozenset(
    {
        "ab", "aria2c", "aws", "axel", "az", "curl", "curlie", "dig", "ftp", "gcloud", "gh", "git", "grpcurl",
        "gsutil", "hey", "host", "http", "httpie", "https", "k6", "ldapsearch", "lftp", "links", "lynx", "mail",
        "mongosh", "mosh", "mysql", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "nmap", "nslookup",
        "openssl", "ping", "ping6", "psql", "rclone", "redis-cli", "rsync", "s3cmd", "scp", "sendmail", "sftp",
        "smbclient", "socat", "ssh", "swaks", "telnet", "tftp", "traceroute", "w3m", "websocat", "wget", "wget2",
        "whois", "wrk", "xh",
    },
)  # fmt: skip
"""Programs that speak to other machines."""

METADATA_HOSTS = frozenset(
    {
        "100.100.100.200",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "fd00:ec2::254",
        "instance-data",
        "metadata",
        "metadata.azure.com",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    },
)
_HERE = frozenset({"host.docker.internal", "host.containers.internal", "ip6-localhost", "ip6-loopback"})
_AUTHORITY = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@\s]*@)?(\[[^\]]+\]|[^/:\s?#'\"]+)(?::(\d+))?", re.IGNORECASE)
_BARE = re.compile(r"(?:[^/@\s]*@)?(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z_.-]+)(?::(\d+))?(?:[/?#].*)?")
_RESOLVES = re.compile(r"(?:[^:]*:(\d+):)(\[[^\]]+\]|[^:,]+)(?::(\d*))?")


def plain_host(host: str) -> str:
    """A host in one notation: lower case, no brackets or final dot, numbers as dotted quads, mapped IPv4 unmapped."""
    name = host.strip("[]").rstrip(".").lower().split("%")[0]
    if re.fullmatch(r"[0-9a-fx.]+", name) and any(letter.isdigit() for letter in name):
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            return name
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_loopback(host: str) -> bool:
    """Whether a host in plain notation is this machine."""
    if host in _HERE or host == "localhost" or host.endswith((".localhost", ".localdomain")):
        return True
    if re.search(r"(?:^|[.-])127[.-]\d+[.-]\d+[.-]\d+[.-]", host):
        return True  # a name such as 127.0.0.1.nip.io, which resolves to the address it spells
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def targets(texts: Iterable[str]) -> list[tuple[str, int | None]]:
    """Every host, with its port where one is given, that these arguments may name."""
    found: list[tuple[str, int | None]] = []
    for text in texts:
        found.extend((plain_host(one[1]), _port(one[2])) for one in _AUTHORITY.finditer(text))
        bare = text.partition("=")[2] if text.startswith("--") else text
        if match := _BARE.fullmatch(bare):
            found.append((plain_host(match[1]), _port(match[2])))
        if resolves := _RESOLVES.fullmatch(bare):
            found.append((plain_host(resolves[2]), _port(resolves[3] or resolves[1])))
        for host, port in re.findall(
            r"(?:tcp\d?|tcp\d?-connect|udp|ssl|connect):([\w.\[\]-]+):(\d+)", text, re.IGNORECASE
        ):
            found.append((plain_host(host), _port(port)))
    return found


def _port(digits: str | None) -> int | None:
    return int(digits) if digits and len(digits) < 6 else None  # noqa: PLR2004  # 65535 is the highest


def names_gateway(texts: Sequence[str], ports: frozenset[int]) -> bool:
    """Whether the arguments name this machine together with one of the gateway's ports, also as separate words."""
    found = targets(texts)
    loose = {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 6}  # noqa: PLR2004  # 65535
    local_ports = [port for host, port in found if is_loopback(host)]
    return any(port in ports for port in local_ports) or (bool(local_ports) and bool(loose & ports))


def names_metadata(texts: Sequence[str]) -> bool:
    """Whether an argument names a cloud's metadata service."""
    return any(host in METADATA_HOSTS for host, _ in targets(texts))
