"""What people wrote and what came back: nothing may be missing, out of order, or twice without saying so.

Each message is a tag and a number ("burst 7"); the model echoes it, so an answer shows which message it belongs to.
"""

import asyncio
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.load.platform import Platform, Sent

REPEAT_MARKS = ("may be a repeat", "可能重复", "vielleicht eine Wiederholung")
"""What an answer says when a crash may have sent it already (channels/running/degrade.py)."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """The messages of one scenario: when each number was written, by chat."""

    tag: str
    at: dict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def count(self) -> int:
        return sum(len(numbers) for numbers in self.at.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How it went. `repeated` counts answers beyond the first; `unmarked` those of them that no mark explains.

    `seconds` are the latencies of first answers, `strange` what the bot said that answers nothing.
    """

    asked: int
    lost: int
    repeated: int
    unmarked: int
    disordered: int
    seconds: tuple[float, ...]
    strange: tuple[str, ...]
    last_at: float

    @property
    def is_honest(self) -> bool:
        return not (self.lost or self.unmarked or self.disordered)

    def latency(self, percent: int) -> float:
        """Seconds within which so many of a hundred answers came."""
        if len(self.seconds) < 2:
            return self.seconds[0] if self.seconds else 0.0
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1]


def tally(asked: Asked, sent: Iterable[Sent]) -> Tally:
    """Compare what was asked with what the bot sent, in the order in which people see it."""
    answers: dict[int, list[tuple[int, Sent]]] = defaultdict(list)
    strange = []
    pattern = re.compile(rf"\b{re.escape(asked.tag)} (\d+)\b")
    for message in sorted(sent, key=lambda each: each.id):
        found = pattern.search(message.text)
        if found and int(found[1]) in asked.at.get(message.chat, {}):
            answers[message.chat].append((int(found[1]), message))
        elif message.chat in asked.at:
            strange.append(message.text)
    firsts = {chat: _first(each) for chat, each in answers.items()}
    return Tally(
        asked=asked.count,
        lost=asked.count - sum(len(each) for each in firsts.values()),
        repeated=sum(len(each) - len(firsts[chat]) for chat, each in answers.items()),
        unmarked=sum(_unmarked(each) for each in answers.values()),
        disordered=sum(_disordered(list(each)) for each in firsts.values()),
        seconds=tuple(
            message.at - asked.at[chat][number] for chat, each in firsts.items() for number, message in each.items()
        ),
        strange=tuple(strange),
        last_at=max((message.at for each in firsts.values() for message in each.values()), default=0.0),
    )


def _first(answers: list[tuple[int, Sent]]) -> Mapping[int, Sent]:
    """The first answer to each number, in the order of the answers."""
    found: dict[int, Sent] = {}
    for number, message in answers:
        found.setdefault(number, message)
    return found


def _unmarked(answers: list[tuple[int, Sent]]) -> int:
    bare: dict[int, int] = defaultdict(int)
    for number, message in answers:
        bare[number] += not any(mark in message.text for mark in REPEAT_MARKS)
    return sum(count - 1 for count in bare.values() if count > 1)


def _disordered(numbers: list[int]) -> int:
    """How many came after one that should have followed them."""
    highest, late = -1, 0
    for number in numbers:
        late += number < highest
        highest = max(highest, number)
    return late


async def burst(platform: Platform, asked: Asked, chats: Iterable[int], each: int) -> None:
    """Everybody writes `each` messages at once."""
    for chat in chats:
        begun = len(asked.at[chat])
        assert begun == 0, "a burst numbers from 0"
        at = await platform.push(chat, asked.tag, each)
        asked.at[chat] = dict.fromkeys(range(each), at)


async def steadily(platform: Platform, asked: Asked, chats: list[int], per_second: int, seconds: float) -> None:
    """People take turns to write, so many messages a second altogether."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, begin + number / per_second - loop.time()))
        chat = chats[number % len(chats)]
        asked.at[chat][number] = await platform.push(chat, f"{asked.tag} {number}")


async def settle(platform: Platform, asked: Asked, *, seconds: float, quiet: float = 1.5) -> Tally:
    """Wait until every answer is there and nothing follows for a while, or until the seconds are over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    done = tally(asked, await platform.sent(wait=asked.count, seconds=seconds))
    while done.lost and loop.time() < deadline:
        seen = await platform.sent()
        seen = await platform.sent(wait=len(seen) + 1, seconds=min(2.0, max(0.1, deadline - loop.time())))
        done = tally(asked, seen)
    before = -1
    while (now := len(seen := await platform.sent())) != before:
        before = now
        await platform.sent(wait=now + 1, seconds=quiet)
    return tally(asked, seen)
