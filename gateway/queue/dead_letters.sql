-- name: dead
(select 'in' as side, id, lane, error, published_at as at, done_at, times from nexora_inbox where state = 'dead'
    order by id desc limit $1)
union all
(select 'out', id, lane, error, queued_at, done_at, 1 from nexora_outbox where state = 'dead' order by id desc limit $1)
order by done_at desc nulls last, id desc limit $1

-- An error that is not empty tells the worker that there was an earlier try, so that parts already sent stay sent.
-- name: put_back_in
with buried as (select id, error from nexora_inbox where id = $1 and state = 'dead' for update)
update nexora_inbox i set state = 'ready', tries = 0, error = 'retried', not_before = null, done_at = null, times = 1
from buried where i.id = buried.id
returning i.lane, i.event_id as key, buried.error

-- name: put_back_out
with buried as (select id, error from nexora_outbox where id = $1 and state = 'dead' for update)
update nexora_outbox o set state = 'ready', tries = 0, error = 'retried', not_before = null, done_at = null,
    expires_at = greatest(o.expires_at, $2::timestamptz + interval '1 hour')
from buried where o.id = buried.id
returning o.lane, o.key, buried.error
