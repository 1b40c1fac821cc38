-- name: hold_person
select id from nexora_users where id = $1 and status = 'active' for update;

-- name: grant
insert into nexora_agent_grants (id, user_id, agent, granted_by, granted_at, expires_at)
values ($1, $2, $3, $4, $5, $6) returning id;

-- name: revoke
update nexora_agent_grants set revoked_at = $3, revoked_by = $4
where user_id = $1 and agent = $2 and revoked_at is null
returning expires_at is null or expires_at > $3;

-- name: get
select g.id, g.user_id as person_id, u.name as person, g.agent, coalesce(b.name, '') as granted_by, g.granted_at,
    g.expires_at
from nexora_agent_grants g join nexora_users u on u.id = g.user_id left join nexora_users b on b.id = g.granted_by
where g.id = $1;

-- name: of
select g.id, g.user_id as person_id, u.name as person, g.agent, coalesce(b.name, '') as granted_by, g.granted_at,
    g.expires_at
from nexora_agent_grants g join nexora_users u on u.id = g.user_id left join nexora_users b on b.id = g.granted_by
where g.user_id = $1 and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
order by g.agent;

-- name: of_people
select g.id, g.user_id as person_id, u.name as person, g.agent, coalesce(b.name, '') as granted_by, g.granted_at,
    g.expires_at
from nexora_agent_grants g join nexora_users u on u.id = g.user_id left join nexora_users b on b.id = g.granted_by
where g.revoked_at is null and (g.expires_at is null or g.expires_at > $1) and g.user_id = any($2)
order by lower(u.name), g.agent;

-- name: page
select g.id, g.user_id as person_id, u.name as person, g.agent, coalesce(b.name, '') as granted_by, g.granted_at,
    g.expires_at
from nexora_agent_grants g join nexora_users u on u.id = g.user_id left join nexora_users b on b.id = g.granted_by
where g.revoked_at is null and (g.expires_at is null or g.expires_at > $1) and (lower(u.name), g.agent) > (lower($2), $3)
order by lower(u.name), g.agent limit $4;
