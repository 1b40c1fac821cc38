-- name: add
insert into nexora_batches (id, card_id, request_ids, created_at) values ($1, $2, $3, $4)

-- name: add_copies
insert into nexora_batch_copies (batch_id, outbox_key, user_id)
select $1, k, p from unnest($2::text[], $3::uuid[]) as u (k, p)

-- name: of_card
select id from nexora_batches where card_id = $1

-- name: requests
select r.*, d.display_name as decider_display, d.name as decider_name, r.ended_channel as decider_channel,
    r.ended_account as decider_account, r.ended_account_name as decider_account_name, c.state as call_state, c.why as call_why,
    b.card_id as batch_card
from nexora_batches b
join nexora_approval_requests r on r.id = any(b.request_ids)
left join nexora_users d on d.id = r.decided_by
left join nexora_calls c on c.request_id = r.id
where b.id = $1
order by array_position(b.request_ids, r.id)

-- name: copies
select o.body, o.ref, coalesce(nullif(u.language, ''), 'en') as language
from nexora_batch_copies c
join nexora_outbox o on o.key = c.outbox_key
left join nexora_users u on u.id = c.user_id
where c.batch_id = $1
order by o.id
