-- name: identify
select u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status, a.state,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $3)
    ) as agents
from nexora_accounts a left join nexora_users u on u.id = a.user_id
where a.channel = $1 and a.account_id = $2;

-- name: by_id
select u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
    ) as agents
from nexora_users u where u.id = $1;

-- name: by_name
select u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
    ) as agents
from nexora_users u where lower(u.name) = lower($1);

-- name: page
select u.id, u.name, u.role, u.display_name, u.language, u.time_zone, u.status,
    array(
        select g.agent from nexora_agent_grants g
        where g.user_id = u.id and g.revoked_at is null and (g.expires_at is null or g.expires_at > $1)
    ) as agents
from nexora_users u
where lower(u.name) > lower($3) and (not $5 or u.status = 'active') and (
    $2 = '' or strpos(lower(u.name), lower($2)) > 0 or strpos(lower(u.display_name), lower($2)) > 0
    or exists (select from nexora_accounts a where a.user_id = u.id and strpos(lower(a.name), lower($2)) > 0))
order by lower(u.name) limit $4;

-- name: like_length
select name from nexora_users
where status = 'active' and length(name) between length($1) - 2 and length($1) + 2 order by lower(name) limit 1000;

-- name: add
insert into nexora_users (id, name, display_name, role, language, created_by, created_at, time_zone)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing returning id;

-- name: hold
select id from nexora_users where id = $1 for update;

-- name: hold_admins
select id from nexora_users where role = 'admin' order by id for update;

-- name: another_admin
select exists (
    select from nexora_users
    where role = 'admin' and status = 'active' and password_hash is not null and id <> $1
);

-- name: has_admin
select exists (
    select from nexora_users where role = 'admin' and status = 'active' and password_hash is not null
);

-- name: describe
update nexora_users set display_name = $2, language = coalesce($3, language), time_zone = $4 where id = $1;

-- name: set_role
update nexora_users set role = $2 where id = $1;

-- name: set_status
update nexora_users set status = $2 where id = $1;

-- name: end_sessions
with ended as (
    update nexora_sessions set revoked_at = $2
    where user_id = $1 and revoked_at is null and ($3::uuid is null or true) returning id
)
select count(*) from ended;

-- name: end_tokens
with ended as (
    update nexora_tokens set revoked_at = $2
    where user_id = $1 and revoked_at is null and ($3::uuid is null or true) returning id
)
select count(*) from ended;

-- name: end_codes
with ended as (
    update nexora_codes set used_at = $2
    where user_id = $1 and used_at is null and ($3::uuid is null or true) returning digest
)
select count(*) from ended;

-- name: end_agent_grants
with ended as (
    update nexora_agent_grants set revoked_at = $2, revoked_by = $3
    where user_id = $1 and revoked_at is null returning id
)
select count(*) from ended;

-- name: end_tool_grants
with ended as (
    update nexora_tool_grants set revoked_at = $2, revoked_by = $3
    where user_id = $1 and revoked_at is null returning id
)
select count(*) from ended;

-- name: end_requests
with ended as (
    update nexora_approval_requests set status = 'cancelled', decided_at = $2, decided_by = $3
    where requester_id = $1 and status = 'pending' returning id
), lapsed as (
    update nexora_calls set state = 'lapsed', changed_at = $2
    where state = 'pending' and request_id in (select id from ended) returning id
)
select count(*) from ended;

-- name: set_password
update nexora_users set password_hash = $2 where id = $1;

-- name: set_first_language
update nexora_users set language = $2 where id = $1 and password_hash is null and language = '';
