"""WeCom on loopback, refusing what the real one refuses: the long connection for bots, and the API for apps."""

from tests.contract.drivers import PlatformDriver
from tests.platforms.wecom.app_driver import AppDriver
from tests.platforms.wecom.driver import driver


def driver_in(mode: str) -> PlatformDriver:
    """A fresh platform for that mode; one for apps lacks other things than one for bots."""
    return AppDriver() if mode == "app" else driver()


__all__ = ["driver", "driver_in"]
