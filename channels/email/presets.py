"""The servers of providers whose mailboxes many have, by the provider or by the domain of the address.

Hosts and ports as the providers' help pages have them (Tencent "IMAP/SMTP", Alibaba Mail "Client settings", NetEase
"IMAP/SMTP" and its page of enterprise mail, Google "IMAP, POP and SMTP", Microsoft "POP, IMAP and SMTP settings"). Only
Google is known by the name with which it begins Authentication-Results; what the others write has to be looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class MailProvider(StrEnum):
    """Whose mailbox it is. Alphabetical."""

    ALIBABA = "alibaba"
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    NETEASE = "netease"
    TENCENT = "tencent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Where a provider's mailboxes are; `authserv_id` is empty where nobody knows it."""

    imap_host: str
    smtp_host: str
    smtp_port: int = 465
    smtp_security: str = "tls"
    authserv_id: str = ""

    def fields(self) -> Mapping[str, Any]:
        """As settings."""
        told = {name: getattr(self, name) for name in ("imap_host", "smtp_host", "smtp_port", "smtp_security")}
        return told | ({"authserv_id": self.authserv_id} if self.authserv_id else {})


def _same(domain: str) -> Preset:
    return Preset(imap_host=f"imap.{domain}", smtp_host=f"smtp.{domain}")


_GOOGLE = Preset(imap_host="imap.gmail.com", smtp_host="smtp.gmail.com", authserv_id="mx.google.com")
_MICROSOFT = Preset(
    imap_host="outlook.office365.com", smtp_host="smtp.office365.com", smtp_port=587, smtp_security="starttls"
)
COMPANIES: Mapping[MailProvider, Preset] = {
    MailProvider.ALIBABA: _same("qiye.aliyun.com"),
    MailProvider.GOOGLE: _GOOGLE,
    MailProvider.MICROSOFT: _MICROSOFT,
    MailProvider.NETEASE: Preset(imap_host="imap.qiye.163.com", smtp_host="smtp.qiye.163.com", smtp_port=994),
    MailProvider.TENCENT: _same("exmail.qq.com"),
}
"""For addresses of a company's own domain."""
DOMAINS: Mapping[str, Preset] = {
    "126.com": _same("126.com"),
    "163.com": _same("163.com"),
    "aliyun.com": _same("aliyun.com"),
    "foxmail.com": _same("qq.com"),
    "gmail.com": _GOOGLE,
    "googlemail.com": _GOOGLE,
    "hotmail.com": _MICROSOFT,
    "live.com": _MICROSOFT,
    "outlook.com": _MICROSOFT,
    "qq.com": _same("qq.com"),
    "vip.163.com": _same("vip.163.com"),
    "vip.qq.com": _same("qq.com"),
    "yeah.net": _same("yeah.net"),
}
"""For addresses that anybody can have."""


def preset_for(provider: object, address: object) -> Preset | None:
    """The servers for that provider or, without one, for the domain of that address."""
    domain = str(address or "").rpartition("@")[2].lower()
    if domain in DOMAINS:
        return DOMAINS[domain]
    return next((preset for name, preset in COMPANIES.items() if name == provider), None)
