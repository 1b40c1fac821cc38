-- name: sent
update nexora_outbox set state = 'done', done_at = now(), owner = null, lease_until = null, ref = s.ref::jsonb
from unnest($1::bigint[], $3::int[], $4::text[]) as s (id, lease, ref)
where nexora_outbox.id = s.id and owner = $2 and nexora_outbox.lease = s.lease and state = 'running'
returning nexora_outbox.id

-- name: keep_parts
update nexora_outbox set ref = $4::jsonb where id = $1 and owner = $2 and lease = $3 and state = 'running'

-- name: mark_late
update nexora_outbox set error = 'late' where state = 'ready' and error <> 'late' and expires_at < $1 returning lane

-- name: row
select ref, expires_at, queued_at from nexora_outbox where id = $1

-- name: ref_of
select ref, state from nexora_outbox where key = $1

-- name: backlog
select channel, count(*) filter (where state in ('ready', 'running')) as waiting, count(*) filter (where state = 'dead') as dead
from nexora_outbox where state in ('dead', 'ready', 'running') group by channel

-- name: mark_repeats
with marked as (
    update nexora_outbox set state = 'ready', error = 'interrupted', owner = null, lease_until = null, not_before = null
    where state in ('ready', 'running') returning 1)
select count(*) from marked
