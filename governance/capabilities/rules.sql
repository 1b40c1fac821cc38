-- name: all
select g.*, u.name as by_name, u.display_name as by_shown, p.name as who_name, p.display_name as who_shown
from nexora_governance g left join nexora_users u on u.id = g.changed_by
left join nexora_users p on g.who_kind = 'person' and p.id::text = g.who
order by g.kind, g.name, g.who_kind, g.who

-- name: set
insert into nexora_governance (code, kind, name, who_kind, who, verdict, changed_by, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (kind, name, who_kind, who) do update set verdict = excluded.verdict, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at
returning code

-- name: remove
delete from nexora_governance where code = $1 returning code
