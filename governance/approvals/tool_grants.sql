-- name: add
insert into nexora_tool_grants (id, code, user_id, agent, conversation, tool, pattern, request_id, granted_by,
    granted_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (code) do nothing
returning code

-- What the only admin has allowed themselves is worth nothing once there is another.
-- name: find
select g.code, g.pattern, coalesce((r.subject ->> 'network')::boolean, false) as network
from nexora_tool_grants g left join nexora_approval_requests r on r.id = g.request_id
where g.conversation = $1 and g.tool = $2 and g.user_id = $3 and g.agent = $4 and g.pattern = $5
    and g.revoked_at is null and g.expires_at > $6
    and (g.granted_by <> g.user_id
        or (select count(*) = 1 from nexora_users where status = 'active' and role = 'admin'))
order by g.expires_at desc limit 1

-- name: live
select g.*, u.name, u.display_name, b.name as by_name, b.display_name as by_display
from nexora_tool_grants g
join nexora_users u on u.id = g.user_id
join nexora_users b on b.id = g.granted_by
where g.revoked_at is null and g.expires_at > $1 and ($2 or g.user_id = $3)
order by g.granted_at desc

-- name: revoke
update nexora_tool_grants set revoked_at = $2, revoked_by = $3
where code = $1 and revoked_at is null and expires_at > $2 and ($4 or user_id = $3)
returning id, tool, pattern, conversation
