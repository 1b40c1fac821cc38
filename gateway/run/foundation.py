"""Builds what everything else stands on: the database with its pools and queues, the HTTP session. It runs nothing."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp

from gateway.database.embedded.server import EmbeddedPostgres
from gateway.database.home import open_home
from gateway.database.pool import RESERVED, close, connect, explained, migrate
from gateway.database.pooler import require_sessions
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Patience
from gateway.queue.keeping import Keeper
from gateway.queue.lanes import Lanes
from gateway.queue.neighbours import LEASE
from gateway.queue.owners import name_of_this_process
from gateway.settings.model import Settings
from gateway.settings.network import publish, session_for
from gateway.upkeep.set_ups import SetUps
from gateway.upkeep.shared_folder import claim
from gateway.upkeep.verifying import Verifier
from governance.egress.egress import AllowList, Egress
from governance.keys.keys import Keyring, open_keys
from governance.record.commits import Commits
from governance.record.transaction import Store
from governance.secrets.store import Secrets

STOP_SECONDS = 2.0
SENDING_SECONDS = 1.5
"""What is being sent at a stop may still arrive, so that it need not be sent again, marked as a repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The database with its queues, and the one HTTP session."""

    store: Store
    http: aiohttp.ClientSession
    egress: Egress
    bus: Bus
    sending: Lanes
    verifier: Verifier
    set_ups: SetUps
    keeper: Keeper
    keys: Keyring
    secrets: Secrets
    shared: Path
    owner: str

    @property
    def outgoing(self) -> Path:
        """The folder of files on their way out."""
        return self.shared / "outgoing"

    def troubles(self) -> Mapping[str, str]:
        """What is wrong inside this gateway just now: the database or a part, by name, in the words of what failed."""
        database = {"database": self.store.trouble} if self.store.trouble else {}
        return {**database, **self.keeper.troubles}


async def lay(settings: Settings, home: Path, stack: AsyncExitStack) -> Foundation:
    """Open it; `stack` owns what has to be closed. Raises a NexoraError when the database cannot be used."""
    dsn = settings.dsn
    is_alone = dsn is None
    if dsn is None:
        dsn = (await stack.enter_async_context(EmbeddedPostgres(home))).dsn
    else:
        with explained(dsn):
            await require_sessions(dsn)
    await migrate(dsn)
    pool = await connect(dsn, most=settings.database.connections)
    stack.push_async_callback(close, pool, STOP_SECONDS)
    own = {kind: await connect(dsn, most=most, queues=True) for kind, most in RESERVED.items()}
    for each in own.values():
        stack.push_async_callback(close, each, STOP_SECONDS)
    publish(settings.network)
    http = session_for(settings.network, os.environ)
    stack.push_async_callback(http.close)
    egress = await stack.enter_async_context(Egress(AllowList.of(settings.egress.allow)))
    commits = Commits()
    store = Store(pool, own=own, commits=commits, message_ttl=timedelta(seconds=settings.bus.message_ttl_seconds))
    keys = await open_keys(store, home, settings.keys.given)
    owner = name_of_this_process()
    shared = open_home(settings.shared_folder or home)
    await claim(store, shared, owner, LEASE)
    patience = Patience(tries=settings.bus.tries, lease=timedelta(seconds=settings.bus.lease_seconds))
    keeper = Keeper()
    inbox = Lanes(
        store, "nexora_inbox", "event_id", owner, replace(patience, at_once=settings.bus.at_once), keeper=keeper
    )
    sending = Lanes(store, "nexora_outbox", "key", owner, replace(patience, last_words=SENDING_SECONDS), keeper=keeper)
    if is_alone:  # nobody else can be at work on our own server, so what was running is free at once
        for lanes in (inbox, sending):
            await store.fetch(lanes.query("release_all"))
    bus = Bus(inbox, lane_cap=settings.bus.lane_cap, listen_dsn=dsn)
    commits.heard_by(bus.hear)
    verifier = Verifier(dsn, home, settings.keys.given)
    stack.push_async_callback(verifier.close)
    set_ups = SetUps(store, http)
    stack.push_async_callback(set_ups.close)
    return Foundation(
        store=store,
        http=http,
        egress=egress,
        bus=bus,
        sending=sending,
        verifier=verifier,
        set_ups=set_ups,
        keeper=keeper,
        keys=keys,
        secrets=Secrets(store, keys.master),
        shared=shared,
        owner=owner,
    )
