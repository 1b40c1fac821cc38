"""The file in which the system keeps the certificates that it trusts, for whoever takes nothing but a file."""

from collections.abc import Mapping
from pathlib import Path

_SYSTEM = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""Where systems keep all that they trust in one file."""


def system_file(environment: Mapping[str, str]) -> Path | None:
    """What the system trusts, or SSL_CERT_FILE instead; None without such a file."""
    named = (environment.get("SSL_CERT_FILE", ""), *_SYSTEM)
    return next((Path(path) for path in named if path and Path(path).is_file()), None)
