"""A Telegram of our own on 127.0.0.1: the Bot API over real HTTP, refusing what the platform refuses."""

from tests.platforms.telegram.chats import ALICE, BOB, GROUP, ME, TOKEN, TOPIC
from tests.platforms.telegram.driver import Driver, driver
from tests.platforms.telegram.server import FakeTelegram

__all__ = ("ALICE", "BOB", "GROUP", "ME", "TOKEN", "TOPIC", "Driver", "FakeTelegram", "driver")
