"""One gateway on one platform, its people in one language, and whether all that they were sent is in it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from channels.locales import languages, say
from channels.messages import Account
from governance.people.people import Origin, Role
from tests.contract.drivers import Person, PlatformDriver, Seen, ShowsEverybody, driver_of
from tests.journeys.life import Life, living, until
from tests.platforms.model import FakeModel, Reply

CLI = Origin(source="cli")
FASTER = {"email": {"mails_per_minute": 600}}
"""Options beside those of the fake: how much our mail server takes is for us to say."""
TITLE = "42"
"""What the model calls every conversation: no word of any language."""
HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
ALLOWED = frozenset(
    {
        *("UTC", "SHA", "CSV", "csv", "jsonl", "KB", "MB"),  # standards and units that Chinese writes so
        *("Nexora", "QQ", "MCP", "token", "shell"),  # the product, a platform, a protocol, what models count, a tool
        "English",  # a language by its own name
    }
)
NO_WORDS = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[A-Z0-9]{4,}\b"
    r"|\b[0-9a-f]{8}\b|\b[0-9a-f]{12,}\b|\b[a-z0-9]{16}(?:-\w+){3}\b|^Re: ",
    re.ASCII,
)
"""Addresses, ids, digests, codes of requests and of answers by mail, and how the subject of an answer begins."""


@dataclass(kw_only=True)
class Neighbours(Life):
    """Alice, whom nobody knows, and Bob, an admin, in private with a bot."""

    kind: str
    driver: PlatformDriver
    bob: Person

    @property
    def alice(self) -> Person:
        return self.driver.alice

    async def say(self, text: str, *, by: Person) -> None:
        await self.driver.say(text, by=by)

    async def reads(self, who: Person, *words: str, button: str = "", since: int = 0) -> Seen:
        """The newest message in which somebody sees these words and that button, once it is there."""

        def found() -> Seen | None:
            return next(
                (
                    each
                    for each in reversed(self.told(who)[since:])
                    if all(word in each.text for word in words) and (not button or button in each.buttons)
                ),
                None,
            )

        try:
            await until(lambda: found() is not None, 20)
        except TimeoutError as error:
            told = "\n---\n".join(f"{each.text} {each.buttons}" for each in self.told(who))
            raise AssertionError(f"{who.name} never saw {words} {button!r} but:\n{told}") from error
        message = found()
        assert message is not None
        return message

    async def settled(self) -> None:
        """Once all that was said is answered, and all answers are sent."""
        await self.until_stored(
            "select (select count(*) from nexora_inbox where state <> 'done')"
            " + (select count(*) from nexora_outbox where state <> 'done') = 0"
        )

    def told(self, who: Person) -> list[Seen]:
        assert isinstance(self.driver, ShowsEverybody)
        return self.driver.shown_to(who)


def foreign(language: str, told: list[Seen], said: tuple[str, ...]) -> dict[str, str]:
    """Each word of another language, and the line in which it stands. `said`: what is not our word, as names are not.

    Left out is what tells somebody that they hear another language from now on.
    """
    turns = {say("command.language.set", other) for other in languages() if other != language}
    found: dict[str, str] = {}
    for seen in told:
        for line in [*seen.text.split("\n"), *seen.buttons]:
            ours = NO_WORDS.sub(" ", line)
            for words in sorted(said, key=len, reverse=True):
                ours = ours.replace(words, " ")
            if any(turn in line for turn in turns):
                continue
            foreign_words = WORD.findall(ours) if language == "zh" else HAN.findall(ours)
            found |= {word: line for word in foreign_words if word not in ALLOWED}
    return found


@asynccontextmanager
async def neighbours(
    dsn: str, home: Path, kind: str, mode: str, *, language: str, zone: str
) -> AsyncIterator[Neighbours]:
    """They talk until the block ends. The admin has this language and this time zone; Alice's are for us to find."""
    driver, model = driver_of(kind, mode), FakeModel()
    assert driver is not None
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await driver.start()
        stack.push_async_callback(driver.stop)
        await stack.enter_async_context(model)
        options = {kind: {**driver.options(mode), **FASTER.get(kind, {})}}
        gateway = await stack.enter_async_context(living(dsn, home, model, options))
        bob = getattr(driver, "bob_in_private", driver.bob)
        here = Neighbours(gateway=gateway, model=model, home=home, kind=kind, driver=driver, bob=bob)
        deciding = gateway.deciding
        person, _ = await deciding.people.create(
            "bob", Role.ADMIN, by=None, language=language, time_zone=zone, origin=CLI
        )
        code = await deciding.accounts.code_for_person(person)
        await deciding.accounts.link_from_chat(Account(channel=kind, id=bob.id, name=bob.name), code)
        yield here
