-- name: code_of
select code from nexora_disclosures where request_id = $1 and user_id = $2

-- The code stays the same however often the text is sent; nothing once that was too often.
-- name: disclose
insert into nexora_disclosures (request_id, user_id, code, times) values ($1, $2, $3, 1)
on conflict (request_id, user_id) do update set times = nexora_disclosures.times + 1, at = now()
where nexora_disclosures.times < $4
returning code, times

-- name: add_copy
insert into nexora_card_copies (request_id, outbox_key, channel, user_id) values ($1, $2, $3, $4)
on conflict do nothing

-- name: was_shown
select true from nexora_disclosures d join nexora_approval_requests r on r.id = d.request_id
where r.card_id = $1 and d.user_id = $2
