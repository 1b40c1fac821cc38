"""Each table has one owner: the room whose named queries write it. What others write stands here, with the reason."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = ("gateway", "agents", "governance", "channels")
WRITES = re.compile(r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate)\s+(nexora_\w+)", re.IGNORECASE)
NAMES = re.compile(r"\b(?:from|into|join|update|table)\s+nexora_\w+", re.IGNORECASE)
OWNERS = {
    "nexora_accounts": "governance/accounts",
    "nexora_agent_grants": "governance/people",
    "nexora_approval_requests": "governance/approvals",
    "nexora_approved_scripts": "governance/approvals",
    "nexora_audit_checkpoints": "governance/audit",
    "nexora_audit_events": "governance/record",
    "nexora_background": "agents/tools",
    "nexora_batch_copies": "governance/approvals",
    "nexora_batches": "governance/approvals",
    "nexora_calls": "agents/conversation",
    "nexora_capabilities": "governance/capabilities",
    "nexora_capability_packages": "governance/capabilities",
    "nexora_capability_policies": "governance/capabilities",
    "nexora_capability_refusals": "governance/capabilities",
    "nexora_card_copies": "governance/approvals",
    "nexora_code_attempts": "governance/accounts",
    "nexora_codes": "governance/accounts",
    "nexora_confirmations": "governance/approvals",
    "nexora_console_messages": "gateway/web",
    "nexora_conversations": "agents/conversation",
    "nexora_decisions": "governance/approvals",
    "nexora_digests": "governance/digests",
    "nexora_schedule_runs": "governance/schedules",
    "nexora_schedules": "governance/schedules",
    "nexora_disclosures": "governance/approvals",
    "nexora_gateways": "gateway/queue",
    "nexora_governance": "governance/capabilities",
    "nexora_team_members": "governance/capabilities",
    "nexora_hidden": "governance/guard",
    "nexora_host_passes": "governance/approvals",
    "nexora_host_rules": "governance/approvals",
    "nexora_inbox": "gateway/queue",
    "nexora_keys": "governance/keys",
    "nexora_listeners": "gateway/queue",
    "nexora_login_failures": "governance/sign_in",
    "nexora_memories": "agents/memory",
    "nexora_memory_choices": "agents/memory",
    "nexora_memory_rests": "agents/memory",
    "nexora_messages": "agents/conversation",
    "nexora_moved_rooms": "gateway/messages",
    "nexora_outbox": "gateway/queue",
    "nexora_refused_asks": "governance/approvals",
    "nexora_room_bindings": "governance/approvals",
    "nexora_runtime_config": "gateway/upkeep",
    "nexora_secret_holders": "governance/secrets",
    "nexora_secrets": "governance/secrets",
    "nexora_server_questions": "governance/forms",
    "nexora_sessions": "governance/sign_in",
    "nexora_server_sign_ins": "gateway/signing_in",
    "nexora_shared_folder": "gateway/upkeep",
    "nexora_stream": "gateway/queue",
    "nexora_summaries": "agents/conversation",
    "nexora_token_usage": "governance/usage",
    "nexora_token_usage_quarters": "governance/usage",
    "nexora_tokens": "governance/sign_in",
    "nexora_tool_grants": "governance/approvals",
    "nexora_turns": "agents/conversation",
    "nexora_users": "governance/people",
}
OTHERS = {
    ("nexora_approval_requests", "governance/people"): "whoever is shut out asks for nothing any more, in one commit",
    ("nexora_calls", "governance/approvals"): "a decision and what becomes of its call are one commit",
    ("nexora_calls", "governance/people"): "the calls of whoever is shut out lapse with their requests",
    (
        "nexora_codes",
        "governance/secrets",
    ): "a link by which somebody keeps a secret is a code, so one that is pasted is spent",
    ("nexora_codes", "governance/people"): "invitations are codes; whoever is shut out has none that still opens",
    ("nexora_inbox", "gateway/messages"): "what is edited while it waits takes the place of the words",
    ("nexora_inbox", "governance/record"): "a notice is written in the transaction of what it tells",
    ("nexora_outbox", "governance/approvals"): "a card that is decided before it was sent is not sent",
    ("nexora_outbox", "governance/record"): "a message is written in the transaction of what it tells",
    ("nexora_sessions", "governance/people"): "whoever is shut out is signed out, in one commit",
    ("nexora_tokens", "governance/people"): "whoever is shut out keeps no token, in one commit",
    ("nexora_tool_grants", "governance/people"): "whoever is shut out keeps no permission, in one commit",
}


def writers() -> Iterator[tuple[str, str]]:
    """Each table that a named query writes, and the room of that query."""
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.sql"):
            room = "/".join(path.relative_to(ROOT).parts[:2])
            yield from ((table, room) for table in WRITES.findall(path.read_text("utf-8")))


def test_only_its_owner_writes_a_table_but_for_what_is_said_here():
    strayed = {(table, room) for table, room in writers() if OWNERS.get(table) != room}

    assert sorted(strayed - OTHERS.keys()) == []


def test_nothing_is_excused_that_nobody_does():
    done = set(writers())

    assert sorted(OTHERS.keys() - done) == []
    assert sorted(set(OWNERS.items()) - done) == []


def test_every_table_of_ours_is_spoken_to_by_named_queries_alone():
    spoken = [
        f"{path.relative_to(ROOT)}: {found}"
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        for found in NAMES.findall(path.read_text("utf-8"))
    ]

    assert spoken == []
