-- name: lock
select pg_advisory_xact_lock(7203965812344001);

-- name: durable
set local synchronous_commit = on;

-- name: last_seq
select coalesce(max(seq), 0) from nexora_audit_checkpoints;

-- name: after
select seq, at, heads, previous, signature from nexora_audit_checkpoints where seq > $1 order by seq limit $2;

-- name: insert
insert into nexora_audit_checkpoints (seq, at, heads, previous, signature) values ($1, $2, $3, $4, $5);

-- Writers with a line since then, and where each stands. The index on time keeps this to the last few minutes.
-- name: heads_since
select moved.writer, head.seq, head.digest, head.at
from (select distinct writer from nexora_audit_events where at >= $1) moved
cross join lateral (
    select seq, digest, at from nexora_audit_events e where e.writer = moved.writer order by e.seq desc limit 1
) head;

-- Every writer and where it stands, by jumping from one writer to the next instead of reading the lines between.
-- name: all_heads
with recursive known as (
    (select writer from nexora_audit_events order by writer limit 1)
    union all
    select (select e.writer from nexora_audit_events e where e.writer > known.writer order by e.writer limit 1)
    from known where known.writer is not null
)
select known.writer, head.seq, head.digest, head.at
from known cross join lateral (
    select seq, digest, at from nexora_audit_events e where e.writer = known.writer order by e.seq desc limit 1
) head
where known.writer is not null;
