"""What every fake console has: it does what a step tells in its own order, refuses in its own words, and hands out.

A console knows its pages by the words that stand on them: what a guide sets in bold is clicked, where the console
has a page of that name. The rest of a step's bold words is emphasis and does nothing.
"""

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from unittest.mock import patch

from channels.messages import Text
from gateway.settings.sources import examine
from tests.contract.drivers import PlatformDriver, driver_of
from tests.guides.connecting import Guided, up
from tests.guides.pages import Block, Page, Step

Json = dict[str, Any]
UNTOLD = "no step before told where"
HELLO, ANSWER = "good morning", "Good morning to you."


class Refuses(Exception):
    """The platform, or Nexora in the platform's words, does not do that; what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that is done there. `words`: how its page or button is called, in the languages of the console."""

    words: tuple[str, ...]
    does: str

    def is_told_by(self, bold: str) -> bool:
        return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", bold) for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What must come before what, and what is said to whoever does it the other way round.

    Without `then`, what is said to whoever leaves the first out.
    """

    first: str
    says: str
    then: str = ""


class Console:
    """A console beside the fake platform; `handed` is what somebody who follows the guide has copied so far."""

    kind: ClassVar[str]
    mode: ClassVar[str]
    list_number: ClassVar[int] = 0
    """Which of the page's numbered lists is its guide."""
    acts: ClassVar[tuple[Act, ...]]
    orders: ClassVar[tuple[Order, ...]]
    addresses: ClassVar[tuple[str, ...]]
    """Settings that say where the platform is: the fake is elsewhere, on loopback."""
    must_be_up: ClassVar[bool] = True
    """Whether the channel is up as soon as Nexora is started; else at the end."""

    def __init__(self, guide: Page, folder: Path) -> None:
        driver = driver_of(self.kind, self.mode)
        assert driver is not None
        self.driver: PlatformDriver = driver
        self.guide = guide
        self.folder = folder
        self.handed: Json = {}
        self.stage: Guided | None = None
        self.starts = 0
        self._open = AsyncExitStack()
        self.prepare()

    def prepare(self) -> None:
        """How the console is before the first step."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def told(self, step: Step) -> list[str]:
        """What the step has done here, in its order."""
        return [act.does for bold in step.does for act in self.acts if act.is_told_by(bold)]

    async def follow(self, steps: list[Step]) -> None:
        """Do the steps, then talk; raises Refuses where the console or the platform does not go along."""
        for step in steps:
            for does in self.told(step):
                act: Callable[[Step], Awaitable[None]] = getattr(self, does)
                await act(step)
        await self.talk()

    # Nexora

    def block(self) -> Block:
        """The settings that are pasted at this start: the page's last ones where it shows no more."""
        blocks = self.guide.settings(self.mode, self.driver.modes[0])
        return blocks[min(self.starts, len(blocks) - 1)]

    def shown_settings(self) -> Json:
        """The channel of that block."""
        [(name, shown)] = self.block().read()["channels"].items()
        assert name == self.kind
        return dict(shown)

    def given(self) -> Json:
        """The channel's settings as the guide shows them, with what was copied in the place of the examples."""
        shown = self.shown_settings()
        environ = {"NEXORA_CONFIG": str(self.folder / "nexora.yaml"), "NEXORA_HOME": str(self.folder)}
        for key, value in shown.items():
            if key in {"kind", "mode", *self.addresses, *self.constants}:
                continue
            if key not in self.handed:
                raise Refuses(f"{UNTOLD} {key} is to be had")
            if isinstance(value, dict):
                environ[value["env"]] = str(self.handed[key])
        self._check(self.block().text, environ)
        return {key: self.handed.get(key, value) for key, value in shown.items() if key != "kind"}

    constants: ClassVar[tuple[str, ...]] = ()
    """Settings that are pasted as they stand."""

    def _check(self, text: str, environ: Mapping[str, str]) -> None:
        """The block as it stands in the guide is one that Nexora takes."""
        (self.folder / "nexora.yaml").write_text(text, encoding="utf-8")
        with patch.dict(os.environ, environ):
            _, problems = examine(environ)
        assert [str(problem) for problem in problems] == []

    async def start(self, step: Step) -> None:
        """`./nexora up`, with the guide's settings."""
        del step
        await self._open.aclose()
        self.stage = Guided(self.kind, self.mode, self.driver, self.given(), self.addresses)
        self.starts += 1
        await self._open.enter_async_context(self.stage)
        if self.must_be_up:
            await self.is_up()

    async def is_up(self) -> None:
        """What `./nexora up` shows of the channel; raises Refuses with it."""
        if self.stage is None:
            raise Refuses("Nexora was never started")
        if trouble := await up(self.stage, tuple(order.says for order in self.orders)):
            raise Refuses(trouble)

    # Talking

    def is_heard(self) -> str:
        """Why the platform would not tell the app what somebody says; "" when it does."""
        return ""

    async def talk(self) -> None:
        """Somebody says a sentence, Nexora hears it, and they see its answer."""
        await self.is_up()
        assert self.stage is not None
        if trouble := self.is_heard():
            raise Refuses(trouble)
        await self.driver.say(HELLO)
        [heard] = await self.stage.hears()
        assert HELLO in heard.text
        await self.stage.send(heard.address, parts=(Text(text=ANSWER),), answers=heard.message)
        assert ANSWER in (await self.driver.hear())[-1].text
