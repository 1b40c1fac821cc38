-- name: begin
set transaction isolation level repeatable read, read only;

-- Lines come in the order of their key, straight from its index: nothing is sorted, so the first comes at once.
-- name: no_sort
set local enable_sort = off;

-- name: checkpoints
select seq, least(greatest(at, '0001-01-02 UTC'), '9999-12-30 UTC') as at, heads, previous, signature
from nexora_audit_checkpoints order by seq;

-- A time that Python cannot hold is brought within its reach, where the digest no longer fits.
-- name: lines
select writer, seq, least(greatest(at, '0001-01-02 UTC'), '9999-12-30 UTC') as at, actor, actor_name, tag, resource,
    status, address, user_agent, detail, previous, digest
from nexora_audit_events order by writer, seq;

-- name: pins_of
select seq, heads from nexora_audit_checkpoints where position($1 in heads) > 0 order by seq;

-- name: digest_at
select digest from nexora_audit_events where writer = $1 and seq = $2;
