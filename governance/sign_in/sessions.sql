-- name: open
insert into nexora_sessions (id, user_id, created_at, last_seen_at, expires_at, address, user_agent)
values ($1, $2, $3, $3, $4, $5, $6);

-- name: check
select s.id as session_id, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent,
    u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $3)
    ) as agents
from nexora_sessions s join nexora_users u on u.id = s.user_id
where s.id = $1 and s.user_id = $2 and s.revoked_at is null and s.expires_at > $3 and s.last_seen_at > $4
    and u.status = 'active';

-- name: is_live
select exists (
    select from nexora_sessions s join nexora_users u on u.id = s.user_id
    where s.id = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3 and u.status = 'active'
);

-- name: seen
update nexora_sessions set last_seen_at = greatest(last_seen_at, $2) where id = $1 returning id;

-- name: of
select s.id as session_id, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent,
    u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
    ) as agents
from nexora_sessions s join nexora_users u on u.id = s.user_id
where s.user_id = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3
    and u.status = 'active'
order by s.last_seen_at desc, s.id limit 1000;

-- name: end
update nexora_sessions set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null returning id;

-- name: end_all
with ended as (
    update nexora_sessions set revoked_at = $3
    where user_id = $1 and id is distinct from $2 and revoked_at is null returning id
)
select count(*) from ended;

-- name: owner
select user_id from nexora_sessions where id = $1 and revoked_at is null;

-- name: end_of_everybody
update nexora_sessions set revoked_at = now() where revoked_at is null
