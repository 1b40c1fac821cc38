"""E-mail as the channel suite plays it, on a real Dovecot and a real Postfix; only the line between can be cut."""

from tests.platforms.email.driver import EmailDriver, driver

__all__ = ["EmailDriver", "driver"]
