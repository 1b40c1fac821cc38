-- name: answered
select c.request_id, o.id, o.body, o.ref
from nexora_card_copies c join nexora_outbox o on o.key = c.outbox_key
where c.channel = $1 and o.ref @> jsonb_build_array(jsonb_build_object('i', $2::text))
order by o.id desc limit 10

-- Those that wait, as they were sent, the newest first.
-- name: waiting
select c.request_id, o.id, o.body, o.ref
from nexora_card_copies c
join nexora_approval_requests r on r.id = c.request_id and r.status = 'pending'
join nexora_outbox o on o.key = c.outbox_key and o.state = 'done'
where c.channel = $1
order by o.id desc limit 100

-- The cards of several requests of which one still waits, likewise.
-- name: waiting_batches
select b.card_id, b.request_ids[1] as request_id, o.id, o.body, o.ref
from nexora_batches b
join nexora_batch_copies c on c.batch_id = b.id
join nexora_outbox o on o.key = c.outbox_key and o.state = 'done'
where o.channel = $1 and b.id in (
    select (r.subject ->> 'batch')::uuid from nexora_approval_requests r
    where r.status = 'pending' and r.subject ->> 'batch' <> ''
)
order by o.id desc limit 100

-- Whether anything was said in one of these rooms, or in one thread there, after that message, to everybody or to this
-- account; what the turn that asks goes on to say, and what only changes an earlier message, is no answer to it.
-- name: said_since
select exists (
    select from nexora_outbox o cross join lateral (select o.body::jsonb as said) b
    where o.id > $1 and o.channel = $2 and o.state <> 'dead'
        and b.said #>> '{address,room}' = any($3::text[])
        and ($6 = '' or b.said #>> '{address,thread}' = $6)
        and coalesce(b.said ->> 'rewrites', '') = '' and coalesce(b.said ->> 'replaces', '') = ''
        and coalesce(b.said #>> '{only_for,id}', $4) = $4
        and not exists (
            select from nexora_calls k where k.request_id = $5 and split_part(o.key, ':', 2) = k.turn_id::text
        )
)
