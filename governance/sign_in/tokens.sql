-- name: create
insert into nexora_tokens (id, code, digest, user_id, name, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7);

-- name: find
select t.id as token_id, t.digest, t.used_at,
    t.revoked_at is null and t.expires_at > $2 and u.status = 'active' as stands,
    u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
    ) as agents
from nexora_tokens t join nexora_users u on u.id = t.user_id
where t.code = $1;

-- name: used
update nexora_tokens set used_at = greatest(used_at, $2) where id = $1 returning id;

-- name: list
select t.code, t.name, u.id as person_id, u.name as person, t.created_at, t.expires_at, t.used_at
from nexora_tokens t join nexora_users u on u.id = t.user_id
where t.revoked_at is null and t.expires_at > $2 and ($1::uuid is null or u.id = $1)
order by u.name, t.created_at, t.id;

-- name: count
select count(*) from nexora_tokens where user_id = $1 and revoked_at is null and expires_at > $2;

-- name: revoke
update nexora_tokens set revoked_at = $2
where code = $1 and revoked_at is null and ($3::uuid is null or user_id = $3) returning user_id, name;

-- name: end_of_everybody
update nexora_tokens set revoked_at = now() where revoked_at is null;
