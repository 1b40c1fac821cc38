"""Every capability that is installed, and the one gate by which anything about them changes.

A package lies in the database before anybody is asked, so an approved change is done in the very transaction of its
decision: whatever breaks, it is installed once or not at all. What is refused leaves nothing behind.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from channels.codec import load
from channels.locales import say
from channels.messages import Address, Outbound, notice
from governance.approvals.close import QUERIES as OF_REQUESTS
from governance.approvals.close import RequestEnding, close, locked, rewrite
from governance.approvals.decide import Approvals
from governance.approvals.opening import Asking
from governance.approvals.request_type import known
from governance.approvals.requests import Request, RequestStatus
from governance.approvals.shown.copies import PRIVATE, reached
from governance.capabilities.capability_requests import CAPABILITY, action_of, list_card, wanted_by, what
from governance.capabilities.changes import WantedChange, WishEnd, Wisher, WishOutcome
from governance.capabilities.installed import Capability, CapabilityState, capability_of
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.weighing import WeighedChange, weigh
from governance.people.people import Person, Role
from governance.record.audit import Event, Status, canonical
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.scanner.report import ScanVerdict
from governance.secrets.names import Holder, HolderKind
from governance.secrets.store import Secrets
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why, why
from governance.values.verdicts import Ask, Refused, Risk, Verdict

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
CHANGED = "capabilities"
"""What gateways are told when what is installed has changed, or who may use it."""
MOST_CARDS = 3
"""So many requests of one person have cards of their own at a time; the others stand on one card with their number."""
_DONE = {
    CapabilityAction.DISABLE: "disabled",
    CapabilityAction.ENABLE: "enabled",
    CapabilityAction.INSTALL: "installed",
    CapabilityAction.REMOVE: "removed",
    CapabilityAction.RESTORE: "restored",
    CapabilityAction.UPDATE: "updated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A change that somebody wants, weighed."""

    change: WantedChange
    weighed: WeighedChange
    wisher: Wisher


class Capabilities:
    """What is installed; each change commits with its audit line, and every gateway hears of it."""

    def __init__(self, store: Store, policies: CapabilityPolicies, secrets: Secrets) -> None:
        self._secrets = secrets
        self._store = store
        self._policies = policies

    # Looking

    async def all(self) -> list[Capability]:
        """Everything installed, by kind and name."""
        return [capability_of(row) for row in await self._store.fetch(QUERIES["all"])]

    async def get(self, kind: CapabilityKind, name: str) -> Capability | None:
        """One of them, as it stands at this moment."""
        row = await self._store.fetchrow(QUERIES["get"], kind.value, name)
        return None if row is None else capability_of(row)

    async def waiting(self, kind: CapabilityKind | None = None, name: str | None = None) -> dict[str, Row]:
        """What is asked about one or all and not decided yet: the subject of each request, by its code."""
        rows = await self._store.fetch(QUERIES["waiting_of"], kind.value if kind else None, name, CAPABILITY.name)
        return {row["code"]: json.loads(row["subject"]) for row in rows}

    async def package(self, digest: str) -> bytes | None:
        """The bytes that were approved under that digest, or wait to be."""
        found: bytes | None = await self._store.fetchval(QUERIES["package"], digest)
        return found

    # Wanting

    async def want(self, approvals: Approvals, change: WantedChange, wisher: Wisher) -> WishOutcome:
        """Do it, have it decided, or refuse it: what the policy says of its risk. Never raises for what is wrong."""
        weighed = weigh(change.action, change.manifest, change.scanned, by_agent=bool(wisher.agent))
        wish = _Wish(change=change, weighed=weighed, wisher=wisher)
        verdict = await self._policies.judge(self._store, change, weighed.risk)
        lack = self._blocked(change) or await _lack(approvals, verdict, wisher)
        async with self._store.transaction() as work:
            if lack := lack or await self._again(work, change, wisher):
                work.record(_refused(wish.change, wish.weighed.risk, lack, wish.wisher))
                return WishOutcome(end=WishEnd.REFUSED, says=lack)
            if isinstance(verdict, Ask):
                return await self._ask(work, approvals, wish, verdict)
            return await self._at_once(work, wish)

    def _blocked(self, change: WantedChange) -> Why | None:
        """That the scanner blocks it, where nobody can have such a thing."""
        if change.scanned.verdict is not ScanVerdict.BLOCK or not self._policies.refuses_blocked:
            return None
        first = change.scanned.findings[0]
        return why("capability.blocked", number=str(len(change.scanned.findings)), first=first.because, file=first.file)

    async def _again(self, work: Transaction, change: WantedChange, wisher: Wisher) -> Why | None:
        """Why it is not put before anybody: it waits already, or was refused to this agent a while ago."""
        if code := await work.fetchval(QUERIES["pending_same"], change.identity, CAPABILITY.name):
            return why("capability.waits", code=code)
        if not wisher.agent:
            return None
        since = self._store.now() - self._policies.again_after
        named = (change.manifest.kind.value, change.manifest.name)
        if await work.fetchval(QUERIES["refused_at"], wisher.agent, *named, since):
            minutes = max(1, round(self._policies.again_after / timedelta(minutes=1)))
            return why("capability.refused_before", name=change.manifest.name, minutes=str(minutes))
        return None

    async def _at_once(self, work: Transaction, wish: _Wish) -> WishOutcome:
        change = wish.change
        await self._keep(work, change)
        subject = change.subject(wish.weighed, wish.wisher)
        lack = await self._apply(work, subject, wish.weighed.risk, by=wish.wisher.person, request=None)
        if lack is not None:
            return WishOutcome(end=WishEnd.REFUSED, says=lack)
        return WishOutcome(end=WishEnd.DONE, says=why(f"capability.done.{change.action.value}", **_called(change)))

    async def _ask(self, work: Transaction, approvals: Approvals, wish: _Wish, ask: Ask) -> WishOutcome:
        change, wisher = wish.change, wish.wisher
        await self._keep(work, change)
        waiting = await work.fetchval(QUERIES["waiting_by"], wisher.person.id, CAPABILITY.name)
        asking = Asking(
            kind=CAPABILITY,
            requester=wisher.person,
            account=wisher.account,
            subject=change.subject(wish.weighed, wisher),
            digest=change.identity,
            ask=replace(ask, because=wish.weighed.reasons[0].because),
            agent=wisher.agent,
            address=wisher.address,
            is_direct=wisher.is_direct,
            shows=waiting < MOST_CARDS and await approvals.own.is_sole(work, wisher.person),
        )
        request = await approvals.ask(work, asking, listed=waiting >= MOST_CARDS)
        if waiting >= MOST_CARDS:
            await self._list(work, wisher.person)
        says = why("capability.asked", code=request.code, **_called(change))
        return WishOutcome(end=WishEnd.ASKED, says=says, code=request.code)

    async def _keep(self, work: Transaction, change: WantedChange) -> None:
        if change.body:
            await work.execute(QUERIES["keep_package"], change.digest, change.body, self._store.now())

    async def _list(self, work: Transaction, person: Person) -> None:
        """One card for all that goes beyond, with their number; it is rewritten as more come."""
        rows = await work.fetch(QUERIES["listed_by"], person.id, CAPABILITY.name)
        for account, row in dict(
            reached(await work.fetch(OF_REQUESTS["deciders"], Role.ADMIN.value, person.id))
        ).items():
            key = f"capabilities:{rows[0]['id']}:{account.channel}:{account.id}"
            work.send(
                Outbound(
                    key=key if len(rows) == 1 else f"{key}:{len(rows)}",
                    address=Address(channel=account.channel, room=PRIVATE + account.id),
                    card=list_card(rows, person, row["language"]),
                    only_for=account,
                    in_language=row["language"],
                    rewrites="" if len(rows) == 1 else key,
                ),
                urgent=False,
            )

    # Deciding

    async def decided(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """Do what was approved, or leave nothing of it behind, in the transaction of the decision; and tell of it."""
        manifest, action, by = wanted_by(request), action_of(request), ending.by
        lack = None
        if request.status is RequestStatus.APPROVED and by is not None:
            lack = await self._apply(work, request.subject, request.risk, by=by, request=request)
        elif request.status is RequestStatus.DENIED and request.agent:
            named = (manifest.kind.value, manifest.name)
            await work.execute(QUERIES["note_refusal"], request.agent, *named, self._store.now())
        await work.execute(QUERIES["prune"], request.id, CAPABILITY.name)
        if not request.subject["address"] or request.status is RequestStatus.CANCELLED:
            return
        language = str(request.subject["language"])
        told = what(manifest.kind, action, manifest.name, language)
        word = "lapsed" if lack else request.status.value
        fields = {
            "who": request.decider.who,
            "reason": request.reason,
            "lack": lack.said(language) if lack else "",
        }
        sentence = say(f"capability.told.{word}", language, what=told, code=request.code, **fields)
        address = load(Address, str(request.subject["address"]))
        work.send(Outbound(key=f"capability:{request.id}", address=address, parts=notice(sentence)))

    async def _apply(
        self, work: Transaction, subject: Row, risk: Risk, *, by: Person, request: Request | None
    ) -> Why | None:
        """Change what is installed; why not, where it is not what the wish started from any more."""
        action, manifest = CapabilityAction(subject["action"]), subject["manifest"]
        kind, name = manifest["kind"], manifest["name"]
        await work.execute(QUERIES["hold"], kind, name)
        row = await work.fetchrow(QUERIES["get"], kind, name)
        is_now = row["digest"] if row else ""
        if is_now != subject["base"]:
            return why("capability.overtaken", name=name)
        origin = (request.id if request else None, by.id, self._store.now())
        await self._write(work, subject, risk, origin)
        work.record(
            Event(
                tag=f"capabilities:capability:{_DONE[action]}",
                actor=str(by.id),
                actor_name=by.name,
                resource=name,
                address=request.conversation if request else "",
                detail={
                    "kind": kind,
                    "digest": subject["digest"] or is_now,
                    "before": is_now,
                    "source": manifest["source"],
                    "risk": risk.value,
                    "scan": subject["scanned"]["verdict"],
                    **({"request": str(request.id)} if request else {}),
                },
            )
        )
        if CapabilityAction(action).brings or action in {CapabilityAction.REMOVE, CapabilityAction.RESTORE}:
            await self._entitle(work, kind, name, by)
        await self._overtake(work, kind, name, by, request)
        await work.execute(QUERIES["prune"], request.id if request else None, CAPABILITY.name)
        work.announce(CHANGED)
        return None

    async def _write(self, work: Transaction, subject: Row, risk: Risk, origin: tuple[object, ...]) -> None:
        action, named = CapabilityAction(subject["action"]), (subject["manifest"]["kind"], subject["manifest"]["name"])
        match action:
            case CapabilityAction.INSTALL | CapabilityAction.UPDATE:
                manifest = canonical(subject["manifest"])
                await work.execute(QUERIES["install"], *named, subject["digest"], manifest, risk.value, *origin)
            case CapabilityAction.RESTORE:
                await work.execute(QUERIES["restore"], *named, *origin)
            case CapabilityAction.REMOVE:
                await work.execute(QUERIES["remove"], *named)
            case CapabilityAction.DISABLE:
                await work.execute(QUERIES["set_state"], *named, CapabilityState.DISABLED.value, *origin, None)
            case CapabilityAction.ENABLE:
                await work.execute(QUERIES["set_state"], *named, CapabilityState.ACTIVE.value, *origin, None)

    async def _entitle(self, work: Transaction, kind: str, name: str, by: Person) -> None:
        """Let it have the secrets that its approved version names, and no others."""
        if kind not in list(HolderKind):
            return
        row = await work.fetchrow(QUERIES["get"], kind, name)
        names = capability_of(row).manifest.permissions.secrets if row else ()
        await self._secrets.entitle_within(work, Holder(kind, name), names, by=by)
        if row is None:
            await self._secrets.end_sign_ins_of(work, holder=Holder(kind, name))

    async def _overtake(self, work: Transaction, kind: str, name: str, by: Person, request: Request | None) -> None:
        """End the other requests about it, which started from what is there no longer."""
        for row in await work.fetch(
            QUERIES["pending_of"], kind, name, request.id if request else None, CAPABILITY.name
        ):
            other = await locked(work, known(CAPABILITY), request_id=row["id"])
            if other is not None and other.is_pending:
                ending = RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
                await rewrite(work, await close(work, other, ending), "outcome")

    # Holding

    async def hold(self, approvals: Approvals, found: Capability, because: Why, change: WantedChange | None) -> bool:
        """Use it no more, since it is not what was approved; False when that is known.

        With the `change` that it has made by itself the admins are asked whether they agree to the difference; without,
        and where the scanner blocks that, they are told.
        """
        named = (found.kind.value, found.name)
        async with self._store.transaction() as work:
            await work.execute(QUERIES["hold"], *named)
            held = (CapabilityState.HELD.value, None, None, self._store.now(), because.stored)
            row = await work.fetchrow(QUERIES["get"], *named)
            if row is None or row["digest"] != found.digest or row["state"] != CapabilityState.ACTIVE.value:
                return False
            await work.execute(QUERIES["set_state"], *named, *held)
            detail = {"kind": found.kind.value, "digest": found.digest, "because": str(because)}
            tag = "capabilities:capability:held"
            work.record(Event(tag=tag, resource=found.name, status=Status.DENIED, detail=detail))
            work.announce(CHANGED)
            if change is not None and self._blocked(change) is None:
                await self._ask_about(work, approvals, change, because)
            else:
                await self._tell_held(work, found, because, "look" if change is None else "blocked")
        return True

    async def ask_about(self, approvals: Approvals, change: WantedChange, because: Why) -> None:
        """Ask the admins whether they agree to a change that something has made by itself, unless it is blocked."""
        async with self._store.transaction() as work:
            if (lack := self._blocked(change)) is not None:
                work.record(_refused(change, weigh(change.action, change.manifest, change.scanned).risk, lack))
                return
            await self._ask_about(work, approvals, change, because)

    async def _tell_held(self, work: Transaction, found: Capability, because: Why, next_step: str) -> None:
        kind, at = found.kind.value, self._store.now().isoformat()
        for account, row in dict(reached(await work.fetch(OF_REQUESTS["deciders"], Role.ADMIN.value, None))).items():
            language = row["language"]
            step = say(f"capability.told.held_{next_step}", language, command=f"/{kind} enable {found.name}")
            sentence = say(
                "capability.told.held",
                language,
                kind=say(f"capability.kind.{kind}", language),
                name=found.name,
                because=because.said(language),
                next=step,
            )
            work.send(
                Outbound(
                    key=f"held:{kind}:{found.digest[:12]}:{at}:{account.channel}:{account.id}",
                    address=Address(channel=account.channel, room=PRIVATE + account.id),
                    parts=notice(sentence),
                    only_for=account,
                    in_language=language,
                )
            )

    async def _ask_about(self, work: Transaction, approvals: Approvals, change: WantedChange, because: Why) -> None:
        if await work.fetchval(QUERIES["pending_same"], change.identity, CAPABILITY.name):
            return
        await self._keep(work, change)
        weighed = weigh(change.action, change.manifest, change.scanned)
        ask = self._policies.asks(max(weighed.risk, Risk.HIGH, key=lambda risk: risk.rank), because)
        asking = Asking(
            kind=CAPABILITY,
            requester=None,
            subject=change.subject(weighed, None),
            digest=change.identity,
            ask=ask,
        )
        await approvals.ask(work, asking)

    async def sweep(self) -> None:
        """Forget what is of no use any more."""
        await self._store.fetch(QUERIES["forget_refusals"], self._store.now() - self._policies.again_after)


def _called(change: WantedChange) -> dict[str, str | Why]:
    return {"kind": why(f"capability.kind.{change.manifest.kind.value}"), "name": change.manifest.name}


async def _lack(approvals: Approvals, verdict: Verdict, wisher: Wisher) -> Why | None:
    """Why it cannot be wanted at all, whoever decides."""
    if isinstance(verdict, Refused):
        return verdict.because
    return await approvals.lack_of_deciders(verdict, wisher.person) if isinstance(verdict, Ask) else None


def _refused(change: WantedChange, risk: Risk, lack: Why, wisher: Wisher | None = None) -> Event:
    return Event(
        tag="capabilities:capability:refused",
        actor=str(wisher.person.id) if wisher else "system",
        actor_name=wisher.person.name if wisher else "",
        resource=change.manifest.name,
        status=Status.DENIED,
        address=wisher.address.key if wisher and wisher.address else "",
        detail={
            "kind": change.manifest.kind.value,
            "action": change.action.value,
            "digest": change.digest,
            "source": change.manifest.source,
            "agent": wisher.agent if wisher else "",
            "risk": risk.value,
            "scan": change.scanned.verdict.value,
            "because": str(lack),
        },
    )
