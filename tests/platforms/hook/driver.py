"""Plays the people of the server of plain webhooks for the channel suite; its kind is there as long as it plays."""

from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.running import catalogue
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen
from tests.platforms.hook.packed import KIND, adapter
from tests.platforms.hook.server import ALICE, BOB, REFUSAL, SECRET, TOKEN, FakeHook


class Driver:
    """A `PlatformDriver`."""

    modes = ("webhook",)
    mode = "webhook"
    lacks = frozenset(Power) - {Power.CREDENTIALS, Power.FAULTS, Power.REDELIVERY, Power.WEBHOOK}
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=BOB, name="Bob")
    rate_limit_seconds = 7.0
    refusal = REFUSAL
    cuts: frozenset[Cut] = frozenset()
    refuses: frozenset[Deed] = frozenset()

    def __init__(self) -> None:
        self.fake = FakeHook()

    async def start(self) -> None:
        catalogue.offer(KIND, await adapter())
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()
        catalogue.withdraw(KIND)

    def reached_at(self, base_url: str) -> None:
        self.fake.hook = f"{base_url}/channels/hook/events"

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"token": TOKEN, "signing_secret": SECRET, "url": self.fake.base}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "token": "guessed"}

    async def say(
        self,
        text: str,
        *,
        room: Room = Room.DIRECT,
        mention: bool = False,
        answers: str = "",
        thread: str = "",
        by: Person | None = None,
    ) -> str:
        return str((await self.fake.tell((by or self.alice).id, text))["id"])

    async def forge(self, text: str) -> int:
        return await self.fake.call({"text": text}, secret="guessed")

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        await self.fake.until(lambda: len(self.fake.said) >= count)
        return [Seen(id=each["id"], text=each["text"]) for each in self.fake.said]

    @property
    def acknowledged(self) -> int:
        return self.fake.taken

    @property
    def calls(self) -> int:
        return self.fake.calls

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        statuses = {Fault.DROPPED: 0, Fault.RATE_LIMITED: 429, Fault.SERVER_ERROR: 500}
        self.fake.faults.extend([statuses[fault]] * times)

    async def told(self, person: Person) -> list[str]:
        return [each.text for each in await self.hear()]


def driver() -> Driver:
    """A fresh platform with nobody on it but Alice, Bob and the bot."""
    return Driver()
