"""The gate of capabilities: proposed, weighed, decided, done in one commit, and nothing left of what was refused."""

import asyncio
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from channels.codec import load
from channels.messages import Account, Address, Outbound
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.capabilities.capabilities import MOST_CARDS, Capabilities
from governance.capabilities.capability_requests import CAPABILITY
from governance.capabilities.changes import WantedChange, WishEnd, Wisher, WishOutcome
from governance.capabilities.installed import CapabilityState
from governance.capabilities.manifest import CapabilityManifest, Permissions, RunsIn
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RULE, RuleChange, RuleChanges, RuleTable
from governance.capabilities.rules import User, rules_in
from governance.guard.policy import Policy
from governance.keys.master_key import MasterKey
from governance.people.people import Person, Role
from governance.record.transaction import Store
from governance.scanner.report import ScanReport, ScanVerdict, finding
from governance.secrets.names import Holder
from governance.secrets.store import Secrets
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import why
from tests.unit.people_stage import HandClock, Stage

MASTER = MasterKey(bytes(range(32)))
CHAT = Address(channel="chat", room="alice")
SKILL = CapabilityKind.SKILL


def manifest(name: str = "reports", *, runs_in: RunsIn = RunsIn.SANDBOX, **more) -> CapabilityManifest:
    return CapabilityManifest(
        kind=SKILL,
        name=name,
        source=f"https://example.org/{name}.zip",
        permissions=Permissions(runs_in=runs_in),
        **more,
    )


def change(
    action: CapabilityAction = CapabilityAction.INSTALL,
    name: str = "reports",
    *,
    digest: str = "a" * 64,
    base: str = "",
    **more,
) -> WantedChange:
    body = digest.encode() if action.brings else b""
    return WantedChange(
        action=action,
        manifest=more.pop("manifest", manifest(name)),
        digest=digest if action.brings else "",
        body=body,
        size=len(body),
        base=base,
        **more,
    )


@dataclass
class Gate:
    stage: Stage
    approvals: Approvals
    capabilities: Capabilities
    rules: RuleChanges
    alice: Person
    root: Person

    def by(self, person: Person, agent: str = "") -> Wisher:
        return Wisher(person=person, account=Account(channel="chat", id=person.name), address=CHAT, agent=agent)

    async def want(self, wanted: WantedChange, *, agent: str = "") -> WishOutcome:
        return await self.capabilities.want(self.approvals, wanted, self.by(self.alice, agent))

    async def press(self, outcome: WishOutcome, choice: str = "a", reason: str = "") -> str:
        account = Account(channel="console", id=str(self.root.id))
        return (
            await self.approvals.decide(self.root, account, code=outcome.code, choice=choice, reason=reason)
        ).sentence

    async def installed(self, digest: str = "a" * 64, **more) -> None:
        await self.press(await self.want(change(digest=digest, **more)))

    async def state(self, name: str = "reports") -> str:
        found = await self.capabilities.get(SKILL, name)
        return f"{found.state} {found.digest[:1]}{found.before[:1]}" if found else ""

    async def packages(self) -> int:
        return await self.stage.store.fetchval("select count(*) from nexora_capability_packages")

    async def sent(self, like: str) -> list[Outbound]:
        rows = await self.stage.store.fetch("select body from nexora_outbox where key like $1 order by id", like)
        return [load(Outbound, row["body"]) for row in rows]


@pytest.fixture
async def gate(pool) -> Gate:
    clock = HandClock()
    stage = Stage(Store(pool, now=clock), clock)
    alice, root = await stage.person("alice"), await stage.person("root", Role.ADMIN)
    capabilities = Capabilities(
        stage.store, CapabilityPolicies(stage.store, Policy(), "production"), Secrets(stage.store, MASTER)
    )
    rules = RuleChanges(stage.store)
    kinds = (CAPABILITY.with_effect(capabilities.decided), RULE.with_effect(rules.decided))
    return Gate(stage, Approvals(stage.store, ToolGrants(stage.store), kinds), capabilities, rules, alice, root)


async def test_what_is_approved_is_installed_in_that_very_commit_and_whoever_asked_is_told(gate):
    outcome = await gate.want(change(words="for the monthly figures"))

    assert (outcome.end, await gate.state()) == (WishEnd.ASKED, "")
    assert outcome.code in str(outcome.says)
    assert await gate.press(outcome) == "Installed. Agents have it from their next message on."
    assert await gate.state() == "active a"
    assert await gate.capabilities.package("a" * 64) == b"a" * 64
    assert "capabilities:capability:installed" in await gate.stage.tags()
    [told] = await gate.sent("capability:%")
    assert "install the skill reports" in str(told.parts)
    card = next(each.card for each in await gate.sent("card:%") if each.card)
    shown = "\n".join(f"{fact.label}: {fact.value}" for fact in card.facts)
    for expected in (
        "https://example.org/reports.zip",
        "runs in the sandbox",
        "found nothing",
        "monthly figures",
        "aaaaaaaaaaaa",
    ):
        assert expected in shown


@pytest.mark.parametrize("choice", ["d", "w"])
async def test_nothing_is_left_of_what_was_refused_or_withdrawn(gate, choice):
    outcome = await gate.want(change())
    assert await gate.packages() == 1

    if choice == "d":
        await gate.press(outcome, "d", "not here")
        assert "not here" in str((await gate.sent("capability:%"))[0].parts)
    else:
        await gate.approvals.withdraw(gate.alice, Account(channel="chat", id="alice"), code=outcome.code)

    assert (await gate.state(), await gate.packages()) == ("", 0)


async def test_nothing_is_left_of_what_nobody_answered(gate):
    await gate.want(change())
    gate.stage.clock.move(hours=25)

    assert await gate.approvals.expire() == 1
    assert (await gate.state(), await gate.packages()) == ("", 0)


async def test_one_step_back_and_forth_and_the_version_before_that_is_gone(gate):
    for number, digest in enumerate("abc"):
        action = CapabilityAction.UPDATE if number else CapabilityAction.INSTALL
        base = "_ab"[number] * 64 if number else ""
        await gate.press(await gate.want(change(action, digest=digest * 64, base=base)))
    assert (await gate.state(), await gate.packages()) == ("active cb", 2)

    await gate.press(await gate.want(change(CapabilityAction.RESTORE, base="c" * 64)))

    assert await gate.state() == "active bc"


async def test_what_only_takes_is_low_and_needs_nobody(gate):
    await gate.installed()

    disabled = await gate.want(change(CapabilityAction.DISABLE, base="a" * 64))
    assert (disabled.end, await gate.state()) == (WishEnd.DONE, "disabled a")
    enabled = await gate.want(change(CapabilityAction.ENABLE, base="a" * 64))
    assert enabled.end is WishEnd.ASKED
    await gate.press(enabled)
    removed = await gate.want(change(CapabilityAction.REMOVE, base="a" * 64))
    assert (removed.end, await gate.state(), await gate.packages()) == (WishEnd.DONE, "", 0)


async def test_what_is_signed_and_is_words_alone_needs_nobody_unless_an_agent_proposes_it(gate):
    words = manifest(runs_in=RunsIn.NOWHERE, signed_by="ours", pinned=True)

    assert (await gate.want(change(manifest=words), agent="ops")).end is WishEnd.ASKED
    assert (await gate.want(change(digest="b" * 64, manifest=words))).end is WishEnd.DONE


async def test_what_the_scanner_blocks_is_put_before_nobody_and_recorded(gate):
    found = finding("package.empty", ScanVerdict.BLOCK, "run.sh", 3)
    blocked = change(scanned=ScanReport(verdict=ScanVerdict.BLOCK, findings=(found,)))

    outcome = await gate.want(blocked)

    assert outcome.end is WishEnd.REFUSED
    assert "run.sh" in str(outcome.says)
    assert await gate.packages() == 0
    assert (await gate.stage.last_event("capabilities:capability:refused"))["actor_name"] == "alice"


async def test_what_was_refused_to_an_agent_is_not_asked_again_for_half_an_hour(gate):
    await gate.press(await gate.want(change(), agent="ops"), "d")

    again = await gate.want(change(digest="b" * 64), agent="ops")
    assert again.end is WishEnd.REFUSED
    assert "30 minutes" in str(again.says)
    assert (await gate.want(change(digest="b" * 64), agent="helper")).end is WishEnd.ASKED
    gate.stage.clock.move(minutes=31)
    assert (await gate.want(change(digest="c" * 64), agent="ops")).end is WishEnd.ASKED


async def test_the_very_same_wish_waits_once(gate):
    first = await gate.want(change())
    second = await gate.want(change())

    assert second.end is WishEnd.REFUSED
    assert first.code in str(second.says)


async def test_thirty_requests_in_a_row_end_as_one_card_with_their_number(gate):
    for number in range(30):
        await gate.want(change(name=f"skill-{number}", digest=f"{number:064}"), agent="ops")

    own = [each for each in await gate.sent("card:%") if each.card and each.card.buttons]
    lists = await gate.sent("capabilities:%")
    assert len({each.card.id for each in own}) == MOST_CARDS
    assert len({each.rewrites or each.key for each in lists if each.address.channel == "console"}) == 1
    assert lists[-1].card.title == f"{30 - MOST_CARDS} more requests of alice wait"


async def test_an_approval_of_what_was_overtaken_changes_nothing(gate):
    await gate.installed()
    old = await gate.want(change(CapabilityAction.UPDATE, digest="b" * 64, base="a" * 64))
    new = await gate.want(change(CapabilityAction.UPDATE, digest="c" * 64, base="a" * 64))
    await gate.press(new)

    assert "withdrawn" in (await gate.press(old)).lower() or "taken back" in (await gate.press(old)).lower()
    assert await gate.state() == "active ca"


async def test_a_wish_from_what_is_there_no_longer_is_told_so(gate):
    await gate.installed()
    stale = await gate.want(change(CapabilityAction.DISABLE, base="f" * 64))

    assert stale.end is WishEnd.REFUSED
    assert "changed in the meantime" in str(stale.says)


async def test_what_is_no_longer_what_was_approved_is_held_until_somebody_agrees_to_the_difference(gate):
    await gate.installed()
    found = await gate.capabilities.get(SKILL, "reports")
    difference = change(CapabilityAction.UPDATE, digest="b" * 64, base="a" * 64, difference="- one\n+ another")
    difference = replace(difference, changed=tuple(why("mcp.changed.renamed", name=f"t{each}") for each in range(14)))

    assert await gate.capabilities.hold(gate.approvals, found, why("capability.risk.code"), difference)
    assert not await gate.capabilities.hold(gate.approvals, found, why("capability.risk.code"), difference)

    assert await gate.state() == "held a"
    [card] = {
        each.card.id: each.card for each in await gate.sent("card:%") if each.card and "another" in each.card.body
    }.values()
    [told] = [fact.value.splitlines() for fact in card.facts if fact.label == "What changes"]
    assert (told[0], told[11:]) == ("is now called t0", ["is now called t11", "and 2 more"])
    request = (await gate.stage.store.fetch("select code from nexora_approval_requests where card_id = $1", card.id))[0]
    assert list(await gate.capabilities.waiting(SKILL, "reports")) == [request["code"]]
    assert await gate.capabilities.waiting(CapabilityKind.MCP, "reports") == {}
    await gate.press(WishOutcome(end=WishEnd.ASKED, says=why("rule.changes"), code=request["code"]))
    assert await gate.state() == "active ba"
    assert (await gate.capabilities.get(SKILL, "reports")).state is CapabilityState.ACTIVE


async def test_who_holds_something_tells_the_admins_and_puts_nothing_before_them_that_is_blocked(gate):
    await gate.installed()
    found = await gate.capabilities.get(SKILL, "reports")
    lies = finding("package.empty", ScanVerdict.BLOCK, "listing.json", 3)
    report = ScanReport(verdict=ScanVerdict.BLOCK, findings=(lies,))
    asked = await gate.stage.store.fetchval("select count(*) from nexora_approval_requests")

    blocked = change(CapabilityAction.UPDATE, digest="b" * 64, base="a" * 64, scanned=report)
    await gate.capabilities.ask_about(gate.approvals, blocked, why("capability.risk.code"))
    assert (await gate.stage.last_event("capabilities:capability:refused"))["actor"] == "system"
    assert await gate.capabilities.hold(gate.approvals, found, why("capability.risk.code"), blocked)
    assert await gate.stage.store.fetchval("select count(*) from nexora_approval_requests") == asked
    assert "blocked by the scanner" in str((await gate.sent("held:%"))[0].parts)
    await gate.press(await gate.want(change(CapabilityAction.ENABLE, base="a" * 64)))
    gate.stage.clock.move(minutes=1)
    assert await gate.capabilities.hold(gate.approvals, found, why("capability.changed_on_disk"), None)

    assert "/skill enable reports" in str((await gate.sent("held:%"))[-1].parts)
    assert await gate.packages() == 1


async def test_two_admins_who_decide_about_one_capability_at_once_do_not_wait_for_each_other(gate):
    """One of them wins; the other is told, and nothing of theirs is done or kept."""
    second = await gate.stage.person("second", Role.ADMIN)
    for number in range(5):
        name = f"skill-{number}"
        codes = [(await gate.want(change(name=name, digest=f"{number}{letter}" * 32))).code for letter in "ab"]
        pressed = zip((gate.root, second), codes, strict=True)
        async with asyncio.timeout(20):
            said = await asyncio.gather(
                *(
                    gate.approvals.decide(who, Account(channel="console", id=str(who.id)), code=code, choice="a")
                    for who, code in pressed
                )
            )

        told = [str(each.sentence) for each in said]
        assert sum(each.startswith("Installed.") for each in told) >= 1, told
        found = await gate.capabilities.get(SKILL, name)
        assert found.before == ""
        statuses = await gate.stage.store.fetch(
            "select status from nexora_approval_requests where subject -> 'manifest' ->> 'name' = $1", name
        )
        assert "pending" not in [row["status"] for row in statuses]
    assert await gate.packages() == 5
    told = [str(each.parts) for each in await gate.sent("capability:%")]
    assert len([each for each in told if "It is done." in each]) == 5


async def test_a_rule_is_a_request_of_its_own_and_a_refusal_names_it(gate):
    values = ("skill", "reports", "agent", "ops", "allow")
    outcome = await gate.rules.want(
        gate.approvals, RuleChange(table=RuleTable.USE, values=values, shown="ops alone"), gate.by(gate.alice)
    )
    user = User(person=gate.alice, agent="helper", conversation="chat:alice:")
    assert (await rules_in(gate.stage.store)).lack("skill", "reports", user) is None

    await gate.press(outcome)

    rules = await rules_in(gate.stage.store)
    assert f"rule {rules.rules[0].code} lets only ops" in str(rules.lack("skill", "reports", user))
    assert rules.lack("skill", "reports", replace(user, agent="ops")) is None
    assert rules.lack("skill", "other", user) is None
    ended = RuleChange(table=RuleTable.USE, code=rules.rules[0].code, shown="ops alone")
    await gate.press(await gate.rules.want(gate.approvals, ended, gate.by(gate.alice)))
    assert not (await rules_in(gate.stage.store)).rules


async def test_a_rule_that_refuses_wins_and_holds_for_a_person_a_role_and_a_whole_room(gate):
    for who_kind, who in (("person", str(gate.alice.id)), ("role", "admin"), ("room", "chat:ops")):
        values = ("mcp", "git*", who_kind, who, "refuse")
        await gate.press(
            await gate.rules.want(
                gate.approvals, RuleChange(table=RuleTable.USE, values=values, shown="no"), gate.by(gate.alice)
            )
        )
    rules = await rules_in(gate.stage.store)
    bob = await gate.stage.person("bob")

    assert "alice" in str(rules.lack("mcp", "github", User(person=gate.alice, agent="ops")))
    assert rules.lack("mcp", "github", User(person=gate.root, agent="ops")) is not None
    assert rules.lack("mcp", "github", User(person=bob, agent="ops", conversation="chat:ops:thread")) is not None
    assert rules.lack("mcp", "github", User(person=bob, agent="ops", conversation="chat:opsroom:")) is None


async def test_an_answer_that_admins_made_holds_at_once(gate):
    values = ("skill", "*", "medium", "production", "allow")
    await gate.press(
        await gate.rules.want(
            gate.approvals,
            RuleChange(table=RuleTable.POLICY, values=values, shown="medium skills"),
            gate.by(gate.alice),
        )
    )

    outcome = await gate.want(change(manifest=manifest(pinned=True), name=str(uuid4())))

    assert outcome.end is WishEnd.DONE


async def test_the_secrets_that_an_approved_version_names_are_its_own_until_it_is_removed(gate):
    secrets = Secrets(gate.stage.store, MASTER)
    await secrets.set("SHOP_KEY", "a value of some length", by=gate.root)
    wants = replace(manifest(), permissions=Permissions(runs_in=RunsIn.SANDBOX, secrets=("SHOP_KEY", "UNKNOWN")))

    async def held() -> list[str]:
        return [str(holder) for one in await secrets.list(gate.root) for holder in one.holders]

    await gate.press(await gate.want(change(manifest=wants)))
    assert await held() == ["skill reports"]
    async with gate.stage.store.transaction() as work:
        assert await secrets.reveal_for(work, Holder("skill", "reports"), None) == {
            "SHOP_KEY": "a value of some length"
        }

    await gate.want(change(CapabilityAction.REMOVE, base="a" * 64))
    assert await held() == []
