-- name: insert_audit_events
insert into nexora_audit_events (writer, seq, at, actor, actor_name, tag, resource, status, address, user_agent,
    detail, previous, digest)
select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]);

-- name: insert_audit_events_fenced
with held as (
    select id from {queue} where id = $14 and owner = $15 and lease = $16 and state = 'running' for share
), lines as (
    insert into nexora_audit_events (writer, seq, at, actor, actor_name, tag, resource, status, address, user_agent,
        detail, previous, digest)
    select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
    where exists (select from held)
    returning seq
)
select seq from lines limit 1;

-- name: hold
select id from {queue} where id = $1 and owner = $2 and lease = $3 and state = 'running' for share;

-- name: insert_outbox
insert into nexora_outbox (key, channel, lane, body, expires_at)
select k, c, l, b, e
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) with ordinality as u (k, c, l, b, e, n)
order by n
on conflict (key) do nothing;

-- name: insert_notices
insert into nexora_inbox (channel, event_id, lane, body)
select c, e, l, b
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as u (e, l, b, c, n)
order by n
on conflict (channel, event_id) do nothing;

-- name: announce
select pg_notify('nexora_ready', $1);
