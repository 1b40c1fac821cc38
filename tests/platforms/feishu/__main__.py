"""`python -m tests.platforms.feishu`: the platform alone, played by hand from the terminal.

It prints the settings of a channel that connects to it. A line that is typed is said by Alice in private; `@ words` is
said in the group to the bot; `! MESSAGE LABEL` presses a button. What the bot says is printed as it comes or changes.
"""

import asyncio
import contextlib
import json
import sys

from tests.contract.drivers import Room, Seen
from tests.platforms.feishu.driver import Driver


async def play(driver: Driver, line: str) -> None:
    """What one line means."""
    match line.split(maxsplit=2):
        case ["!", message_id, label]:
            await driver.press(message_id, label)
        case ["@", *words]:
            await driver.say(" ".join(words), room=Room.GROUP, mention=True)
        case [_, *_]:
            await driver.say(line)


async def watch(driver: Driver) -> None:
    """Print each message once, and again when it changes."""
    known: dict[str, Seen] = {}
    while True:
        for room in Room:
            for seen in await driver.hear(0, room=room):
                if known.get(seen.id) != seen:
                    known[seen.id] = seen
                    print(f"[{room}] {seen.id} {seen.text} {list(seen.buttons) or ''}", flush=True)  # noqa: T201
        async with driver.fake.changed:
            await driver.fake.changed.wait()


async def main() -> None:
    """Serve until the terminal ends."""
    driver = Driver()
    await driver.start()
    print(json.dumps({"kind": "feishu", **driver.options("socket")}), flush=True)  # noqa: T201 -- read by a person
    watching = asyncio.create_task(watch(driver), name="watch")
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await play(driver, line.strip())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await driver.stop()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
