-- name: end_older
update nexora_codes set used_at = $2 where purpose = 'keep_secret' and user_id = $1 and used_at is null;

-- name: create
insert into nexora_codes (digest, purpose, user_id, expires_at, subject) values ($1, 'keep_secret', $2, $3, $4);

-- name: find
select c.user_id, c.subject from nexora_codes c join nexora_users u on u.id = c.user_id
where c.digest = $1 and c.purpose = 'keep_secret' and c.used_at is null and c.expires_at > $2 and u.status = 'active';

-- name: use
update nexora_codes set used_at = $2
where digest = $1 and purpose = 'keep_secret' and used_at is null and expires_at > $2
returning digest;
