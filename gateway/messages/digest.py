"""Puts a person's digest together and sends it when it is due. What it may tell is what the person may see anyway."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.base import ChannelState
from channels.locales import listed, say
from channels.running.supervisor import Supervisor
from channels.sayings import told
from channels.times import moment
from channels.times import until as left_until
from gateway.commands.channels import cannot_for
from gateway.commands.marks import verbatim
from gateway.queue.outbox import backlog
from governance.approvals.decide import Approvals
from governance.digests.digests import Digests
from governance.people.people import Person, Role
from governance.record.transaction import DatabaseAway, Store
from governance.usage.usage import Usage, cost_of

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 30.0
_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Digester:
    """Everything that a digest tells about. `channels` is read when it is written, not when this is built."""

    store: Store
    digests: Digests
    approvals: Approvals
    usage: Usage
    channels: Mapping[str, Supervisor]

    async def run(self) -> None:
        """Send what is due, every half minute, until cancelled."""
        while True:
            try:
                await self.digests.send_due(self.compose)
            except DatabaseAway as error:
                _log.warning("digests_postponed", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def compose(self, person: Person, since: datetime, until: datetime) -> str:
        """The digest of that time in the person's language, as Markdown."""
        sections = [
            say("chat.digest.title", person.language, since=moment(since, person.language, person.time_zone)),
            await self._waiting(person, until),
            await self._decided(person, since, until),
            await self._spent(person, since, until),
        ]
        if person.role is Role.ADMIN:
            sections.append(await self._trouble(person))
        return "\n".join(sections)

    async def _waiting(self, person: Person, now: datetime) -> str:
        requests = await self.approvals.pending(person)
        if not requests:
            return say("chat.digest.nothing_waits", person.language)
        lines = [say("chat.digest.waiting", person.language, count=len(requests))]
        lines += [
            say(
                "chat.digest.request",
                person.language,
                code=request.code,
                title=verbatim(request.title),
                who=verbatim(request.asker.said(person.language)),
                until=left_until(request.expires_at, now, person.language, person.time_zone),
            )
            for request in requests[:_LISTED]
        ]
        if len(requests) > _LISTED:
            lines.append(say("chat.digest.more", person.language, count=len(requests) - _LISTED))
        return "\n".join(lines)

    async def _decided(self, person: Person, since: datetime, until: datetime) -> str:
        ended = await self.digests.decided(person, since, until)
        if not ended.counts:
            return say("chat.digest.nothing_decided", person.language)
        language = person.language
        told = listed(
            (f"{say(f'chat.digest.{status.value}', language)} {count}" for status, count in ended.counts.items()),
            language,
        )
        decided = say("chat.digest.decided", person.language, counts=told)
        if not ended.confirmed:
            return decided
        return f"{decided}\n{say('chat.digest.confirmed', person.language, count=ended.confirmed)}"

    async def _spent(self, person: Person, since: datetime, until: datetime) -> str:
        total = await self.usage.total(person, since, until)
        if not total.calls:
            return say("chat.digest.nothing_spent", person.language)
        whose = "chat.digest.spent_by_all" if person.role is Role.ADMIN else "chat.digest.spent"
        tokens = f"{total.about}{total.tokens:,}"
        return say(
            whose, person.language, cost=cost_of(total, person.language), tokens=tokens, calls=f"{total.calls:,}"
        )

    async def _trouble(self, person: Person) -> str:
        lines = [
            say(
                "chat.digest.channel",
                person.language,
                name=name,
                reason=verbatim(told(supervisor.health.reason, person.language) or supervisor.health.state.value, 200),
            )
            for name, supervisor in sorted(self.channels.items())
            if supervisor.health.state not in {ChannelState.ELSEWHERE, ChannelState.UP} or supervisor.health.reason
        ]
        lines += [
            say(
                "chat.digest.channel",
                person.language,
                name=name,
                reason=cannot_for(each, person.language),
            )
            for name, supervisor in sorted(self.channels.items())
            for each in supervisor.health.lacking[:_LISTED]
        ]
        dead = sum(each.dead for each in (await backlog(self.store)).values())
        if dead:
            lines.append(say("chat.digest.dead", person.language, count=dead))
        return "\n".join(lines) or say("chat.digest.no_trouble", person.language)
