"""The home of each person in Slack: the cards that wait for them, published when they open it and when one changes.

Who may decide what is asked of the surroundings; a press in the home is a press in the private room of its owner. What
was opened is remembered here alone, so that another gateway on the same database brings a home up to date when it is
opened next (docs.slack.dev/surfaces/app-home).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from channels.base import ChannelError, NotStored
from channels.messages import Account, Card
from channels.slack import presses, render
from channels.slack.client import Api
from channels.slack.normalise import Me, user_of

MOST_OPENED = 500

log = structlog.get_logger(__name__)

Waiting = Callable[[Account], Awaitable[Sequence[Card]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    account: Account
    room: str
    cards: frozenset[str]


class Homes:
    """The homes that were opened lately."""

    def __init__(self, api: Api, waiting: Waiting) -> None:
        self._api = api
        self._waiting = waiting
        self._opened: dict[str, _Opened] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, payload: dict[str, Any], me: Me) -> None:
        """Show the home to whoever opened it; raises NotStored or ChannelDown when what waits cannot be read now."""
        event = payload["event"]
        if event.get("tab") == "home":
            account = me.account(event["user"], payload.get("team_id", ""))
            await self._publish(account, event["channel"])

    def changed(self, card: Card, room: str) -> None:
        """A card was sent to that room or rewritten there: whose home shows it, or should, sees it anew."""
        for opened in list(self._opened.values()):
            if card.id in opened.cards or room == opened.room:
                task = asyncio.create_task(self._refresh(opened), name=f"slack home {opened.account.id}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is still being published."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, opened: _Opened) -> None:
        try:
            await self._publish(opened.account, opened.room)
        except (ChannelError, NotStored) as error:
            log.info("slack_home_not_published", reason=str(error))

    async def _publish(self, account: Account, room: str) -> None:
        cards = await self._waiting(account)
        user = user_of(account)
        self._opened.pop(user, None)
        self._opened[user] = _Opened(account=account, room=room, cards=frozenset(card.id for card in cards))
        while len(self._opened) > MOST_OPENED:
            del self._opened[next(iter(self._opened))]
        view = presses.home([render.card_blocks(card) for card in cards], room)
        try:
            await self._api.ask(self._api.sdk.views_publish, user_id=user, view=view)
        except ChannelError as error:
            log.info("slack_home_not_published", reason=str(error))
