"""Slack's events through bolt, which hands each to a listener and answers Slack once that has stored it.

What bolt would do by itself and must not: ask auth.test for each event and, where that fails, answer 200, after which
the event is lost (`authorize` below raises instead); read a token or an OAuth app from the environment.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware

from channels.base import ChannelError, NotStored
from channels.slack.client import Api
from channels.slack.normalise import Me
from channels.slack.presses import ASKS_WHAT, ASKS_WHY, FORM

ANY = re.compile("")
HEARD = ("message", "app_mention")
HOME = "app_home_opened"
PANE = ("assistant_thread_started", "assistant_thread_context_changed")

log = structlog.get_logger(__name__)

Payload = dict[str, Any]


class Ears(Protocol):
    """What the app tells. Whatever raises is not acknowledged, and Slack sends it again where it does."""

    async def who_we_are(self) -> Me:
        """The bot; raises ChannelError."""

    async def hear(self, payload: Payload) -> None:
        """Store what a payload says."""

    async def ask_why(self, payload: Payload) -> bool:
        """Open the form for the reason of a press; False when the press counts at once."""

    async def open_home(self, payload: Payload) -> None:
        """Show somebody what waits for them."""

    def open_pane(self, event: Payload) -> None:
        """Somebody opened the pane of the assistant."""


def build(api: Api, ears: Ears, verification: AsyncMiddleware | None = None) -> AsyncApp:
    """The app whose answer to an event is 200 only after one of the `ears` has returned.

    `verification` is asked before anything else of a request that comes over HTTP; without it all are believed.
    """
    app = AsyncApp(
        name="nexora",
        logger=quiet(),
        client=api.without_token,
        authorize=_authorize(ears),
        before_authorize=verification,
        request_verification_enabled=False,  # `verification` is bolt's own, by the clock we are given
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    async def heard(body: Payload) -> None:
        await ears.hear(body)

    async def home_opened(body: Payload) -> None:
        await ears.open_home(body)

    async def pane_opened(event: Payload) -> None:
        ears.open_pane(event)

    async def told(body: Payload, ack: AsyncAck) -> None:
        await ears.hear(body)
        await ack()

    async def pressed(body: Payload, ack: AsyncAck) -> None:
        if not await ears.ask_why(body):
            await ears.hear(body)
        await ack()

    for kind in HEARD:  # bolt asks each listener in turn, so the commonest comes first
        app.event(kind)(heard)
    app.action(re.compile(f"^(?:{ASKS_WHAT}|{ASKS_WHY})"))(pressed)
    app.action(ANY)(told)
    app.view(FORM)(told)
    app.command(ANY)(told)
    app.event(HOME)(home_opened)
    for kind in PANE:
        app.event(kind)(pane_opened)
    app.error(_failed)
    return app


def quiet() -> logging.Logger:
    """Bolt's own words: at INFO they hold signatures and whole events, and its warnings are about our choices."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)
    return logger


def _authorize(ears: Ears) -> Callable[[], Awaitable[AuthorizeResult]]:
    async def authorize() -> AuthorizeResult:
        """Who the bot is. An error is raised and so answered 503: an event is never lost to it."""
        me = await ears.who_we_are()
        return AuthorizeResult(enterprise_id=me.enterprise or None, team_id=me.team, bot_user_id=me.user)

    return authorize


async def _failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """What Slack is told: after everything but 200 it sends an event again."""
    if isinstance(error, BoltUnhandledRequestError):  # nobody waits for this kind
        return BoltResponse(status=200)
    if isinstance(error, (NotStored, ChannelError)):
        log.warning("slack_event_not_stored", reason=str(error))
        return BoltResponse(status=503)
    log.error("slack_event_not_understood", type=body.get("type"), exc_info=error)
    if isinstance(error, (AttributeError, KeyError, TypeError, ValueError)):
        return BoltResponse(status=400, body="the payload lacks what Slack's manual promises")
    return BoltResponse(status=500)
