"""Who lost a message to another gateway while sending it does not say that it was sent: whoever has it now will."""

from dataclasses import replace

import pytest

from channels.messages import Address, Outbound, Ref
from tests.unit.test_outbox import message, platform, queue, sending, until_stored

__all__ = ["platform"]
pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("meanwhile", "stands"),
    [
        ("owner = 'two', lease = lease + 1", ("running", "two")),
        ("lease = lease + 1", ("running", "one")),
        ("state = 'ready', owner = null, not_before = now() + interval '1 hour'", ("ready", None)),
    ],
    ids=["by another", "by itself", "not claimed yet"],
)
async def test_who_lost_the_lease_while_sending_does_not_mark_the_message_sent(store, platform, meanwhile, stands):
    send = platform.send

    async def slow(part: Outbound, *, urgent: bool) -> Ref:
        if part.key == "lost":
            await store.fetch(f"update nexora_outbox set {meanwhile} where key = 'lost'")
        return await send(part, urgent=urgent)

    platform.send = slow
    async with sending(store, platform):
        await queue(store, message("lost"))
        await platform.until(1)
        await queue(store, replace(message("next"), address=Address(channel="chat", room="2")))
        await until_stored(store, "select state = 'done' from nexora_outbox where key = 'next'")  # marks come in order
        row = await store.fetchrow("select state, owner, ref, done_at from nexora_outbox where key = 'lost'")

    assert (row["state"], row["owner"]) == stands
    assert (row["ref"], row["done_at"]) == (None, None)
