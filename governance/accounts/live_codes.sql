-- name: codes
select digest, purpose from nexora_codes where digest = any($1::text[]) and used_at is null and expires_at > $2;

-- name: spend_codes
update nexora_codes set used_at = $2
where digest = any($1::text[]) and used_at is null and expires_at > $2
returning digest, purpose;

-- name: steps
select id, code_digest, channel, account_id from nexora_confirmations where ended_at is null and expires_at > $1;

-- name: end_steps
update nexora_confirmations set ended_at = $2 where id = any($1::uuid[]) and ended_at is null;

-- name: decisions
select id, code from nexora_approval_requests where code = any($1::text[]) and status = 'pending' order by id for update;

-- name: reissue
update nexora_approval_requests r set code = $2
where r.id = $1 and r.status = 'pending'
    and not exists (select from nexora_approval_requests o where o.code = $2 and o.status = 'pending')
returning r.code;
