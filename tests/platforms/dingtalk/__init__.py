"""DingTalk on 127.0.0.1: stream, REST API, cards, reply addresses, files; it refuses what DingTalk refuses."""

from tests.platforms.dingtalk.driver import Driver, driver
from tests.platforms.dingtalk.server import FakeDingTalk

__all__ = ["Driver", "FakeDingTalk", "driver"]
