"""A Slack workspace on 127.0.0.1: Web API, Socket Mode, signed requests, files; it refuses what Slack refuses."""

from tests.platforms.slack.driver import SlackDriver, driver
from tests.platforms.slack.server import FakeSlack

__all__ = ["FakeSlack", "SlackDriver", "driver"]
