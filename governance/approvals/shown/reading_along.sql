-- name: approved
select path, body from nexora_approved_scripts where workspace = $1 and path = any($2::text[])

-- name: remember
insert into nexora_approved_scripts (workspace, path, body)
select $1, p, b from unnest($2::text[], $3::text[]) as u (p, b)
on conflict (workspace, path) do update set body = excluded.body, at = now()

-- name: forget
delete from nexora_approved_scripts where workspace = $1 and path not in (
    select path from nexora_approved_scripts where workspace = $1 order by at desc, path limit $2
)
