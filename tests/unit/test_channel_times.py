"""When a channel last heard and sent is known after a restart, and from other gateways."""

from datetime import timedelta

from channels.running.supervisor import Supervisor
from gateway.upkeep.channel_times import ChannelTimes, times_of
from governance.record.transaction import Store
from tests.unit.people_stage import HandClock


def fresh(clock):
    return {"chat": Supervisor("chat", now=clock)}


async def test_what_one_gateway_saw_is_known_after_its_restart(pool):
    clock = HandClock()
    store, before = Store(pool, now=clock), fresh(clock)
    assert (await times_of(store, before))["chat"].last_in is None
    heard = before["chat"].record.last_in = clock()
    times = ChannelTimes(store, before)
    await times.write()
    sent = before["chat"].record.last_out = clock() + timedelta(seconds=5)
    await times.write()

    after = fresh(clock)
    known = (await times_of(store, after))["chat"]
    assert (known.last_in, known.last_out) == (heard, sent)
    after["chat"].record.last_in = heard - timedelta(hours=1)
    await ChannelTimes(store, after).write()
    assert (await times_of(store, fresh(clock)))["chat"].last_in == heard, "a later time is never taken back"
    newer = after["chat"].record.last_in = heard + timedelta(hours=1)
    assert (await times_of(store, after))["chat"].last_in == newer
