-- name: codes
select digest, purpose from nexora_codes where digest = any($1::text[]) and used_at is null and expires_at > $2;

-- name: spend_codes
update nexora_codes set used_at = $2
where digest = any($1::text[]) and used_at is null and expires_at > $2
returning digest, purpose;

-- name: steps
select id, code_digest, channel, account_id from nexora_confirmations where ended_at is null and expires_at > $1;

-- name: decisions
select id, code from nexora_approval_requests where code = any($1::text[]) and status = 'pending' order by id for update;
