-- name: all
select p.*, u.name as by_name, u.display_name as by_shown from nexora_capability_policies p
left join nexora_users u on u.id = p.changed_by
order by (p.environment = '*')::int + (p.kind = '*')::int + (p.action = '*')::int, p.kind, p.action, p.environment

-- name: set
insert into nexora_capability_policies (code, kind, action, risk, environment, verdict, changed_by, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (kind, action, risk, environment) do update set verdict = excluded.verdict, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at

-- name: remove
delete from nexora_capability_policies where code = $1 returning code
