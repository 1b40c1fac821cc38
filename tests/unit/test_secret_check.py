"""`nexora check` names secrets that something refers to and cannot have, and those that nothing refers to."""

from dataclasses import replace

from channels.text.retold import retold
from gateway.run.check_database import secrets_of
from gateway.settings.stored import StoredReference
from governance.capabilities.manifest import CapabilityManifest, Permissions, RunsIn, manifest_of
from governance.keys.master_key import MasterKey
from governance.record.audit import canonical
from governance.secrets.names import Holder
from governance.secrets.store import Secrets
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import why

VALUE = "correct-horse-9-battery"
SERVER = CapabilityManifest(
    kind=CapabilityKind.MCP,
    name="github",
    permissions=Permissions(runs_in=RunsIn.SANDBOX, secrets=("ABSENT", "GIVEN", "WITHHELD")),
)


async def installed(store, manifest, state="active"):
    await store.fetch("insert into nexora_capability_packages values ($1, '', now()) on conflict do nothing", "0" * 64)
    await store.fetch(
        "insert into nexora_capabilities (kind, name, state, digest, manifest, risk, changed_at)"
        " values ($1, $2, $3, $4, $5, 'high', now())",
        manifest.kind.value,
        manifest.name,
        state,
        "0" * 64,
        canonical(manifest.stored),
    )


async def test_missing_withheld_and_unused_secrets_are_named(store):
    secrets, github = Secrets(store, MasterKey(bytes(range(32)))), Holder("mcp", "github")
    await secrets.set("GIVEN", VALUE, by=None, holders=[github])
    await secrets.set("WITHHELD", VALUE, by=None)
    await secrets.set("LEFT", VALUE, by=None)
    await installed(store, SERVER)
    await installed(store, replace(SERVER, name="off", permissions=Permissions(secrets=("NOT_ASKED",))), "disabled")
    waiting = StoredReference(place=("search", "key"), name="ENGINE", holder=Holder("setting", "search.key"))
    async with store.pool.acquire() as connection:
        rows = await secrets_of(connection, [waiting])

    key = "setting search.key"
    set_it, allow_it = "`nexora secret set {0} --for {1}`", "`nexora secret allow {0} {1}`"
    lacks = [
        f"mcp github refers to the secret ABSENT, which is not kept; {set_it.format('ABSENT', 'mcp github')}",
        f"mcp github refers to the secret WITHHELD, which it may not have; {allow_it.format('WITHHELD', 'mcp github')}",
        f"{key} refers to the secret ENGINE, which is not kept; {set_it.format('ENGINE', key)}",
    ]
    assert [row.says for row in rows if not row.is_well] == lacks
    assert [row.says for row in rows if row.is_well] == ["nothing that is set up refers to LEFT"]
    assert retold(rows[0].says, "zh").startswith("mcp github 引用的密钥 ABSENT 尚未保存")
    assert VALUE not in str(rows)


def test_notes_of_a_source_are_kept_with_it_and_older_rows_have_none():
    noted = replace(SERVER, notes=(why("source.pointers", files="model.bin"),))
    older = {name: value for name, value in SERVER.stored.items() if name != "notes"}

    assert manifest_of(noted.stored) == noted
    assert "model.bin" in noted.notes[0].said("zh")
    assert manifest_of(older) == SERVER
