-- name: blocked
insert into nexora_host_rules as r (id, code, agent, host, port, method, last_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (agent, host, port, method) do update set times = r.times + 1, last_at = excluded.last_at
returning r.id

-- name: make_room
delete from nexora_host_rules where id in (
    select id from nexora_host_rules where agent = $1 and allowed_by is null order by last_at desc offset $2
)

-- name: of
select host, port, method from nexora_host_rules where agent = $1 and allowed_by is not null

-- name: listed
select r.*, coalesce(nullif(u.display_name, ''), u.name) as by_name
from nexora_host_rules r left join nexora_users u on u.id = r.allowed_by
order by r.allowed_by is null, r.last_at desc limit 60

-- name: allow
with changed as (
    update nexora_host_rules set allowed_by = $2, allowed_at = $3 where code = $1 and allowed_by is null returning *
)
select c.*, coalesce(nullif(u.display_name, ''), u.name) as by_name
from changed c join nexora_users u on u.id = c.allowed_by

-- name: revoke
with changed as (
    delete from nexora_host_rules where code = $1 and allowed_by is not null returning *
)
select c.*, $2::uuid as ended_by, $3::timestamptz as ended_at, '' as by_name from changed c
