-- name: is_sole
select count(*) = 1 and bool_and(id = $1) from nexora_users where status = 'active' and role = 'admin'

-- name: codes_sent
select count(*) from nexora_confirmations where request_id = $1

-- Only the newest code of a request is good.
-- name: end_of_request
update nexora_confirmations set ended_at = $2 where request_id = $1 and ended_at is null

-- name: add
insert into nexora_confirmations (id, request_id, user_id, channel, account_id, room, choice, reason, code_digest,
    created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: is_awaited
select true from nexora_confirmations
where user_id = $1 and channel = $2 and account_id = $3 and created_at > $4 limit 1

-- Each try counts before it is looked at, so that a hundred at once are no more than a hundred in a row.
-- name: try
update nexora_confirmations set tries = tries + 1
where user_id = $1 and channel = $2 and account_id = $3 and (room = '' or room = $4)
    and ended_at is null and expires_at > $5 and tries < $6
returning id, request_id, choice, reason, code_digest

-- name: give_back
update nexora_confirmations set tries = tries - 1 where id = any($1::uuid[])

-- name: spend
update nexora_confirmations set ended_at = $2
where id = $1 and ended_at is null and expires_at > $2
returning id

-- name: end_steps
update nexora_confirmations set ended_at = $2 where id = any($1::uuid[]) and ended_at is null;
