-- Nothing comes back where the code is taken.
-- name: blocked
insert into nexora_host_rules as r (id, code, agent, host, port, method, last_at)
select $1, $2, $3, $4, $5, $6, $7 where not exists (select 1 from nexora_host_rules where code = $2)
on conflict (agent, host, port, method) do update set times = r.times + 1, last_at = excluded.last_at
returning *, '' as by_name, '' as by_shown, '' as denied_name, '' as denied_shown, false as is_asked

-- What was denied stays, so that a flood of other names does not bring the question back; what waits stays too.
-- name: make_room
delete from nexora_host_rules where id in (
    select r.id from nexora_host_rules r left join nexora_approval_requests q on q.id = r.request_id
    where r.agent = $1 and r.allowed_by is null and r.denied_at is null and q.status is distinct from 'pending'
    order by r.last_at desc offset $2
)

-- name: of
select host, port, method from nexora_host_rules r where agent = $1 and (allowed_by is not null or exists (
    select 1 from nexora_host_passes p where p.rule_id = r.id and p.conversation = $2 and p.good_until > $3
))

-- name: listed
select r.*, u.name as by_name, u.display_name as by_shown, d.name as denied_name, d.display_name as denied_shown,
    coalesce(q.status = 'pending', false) as is_asked
from nexora_host_rules r left join nexora_users u on u.id = r.allowed_by left join nexora_users d on d.id = r.denied_by
left join nexora_approval_requests q on q.id = r.request_id
order by r.allowed_by is null, r.denied_at is not null, r.last_at desc limit 300

-- name: asked_about
select request_id from nexora_host_rules where code = $1

-- name: allow
update nexora_host_rules
set allowed_by = $2, allowed_at = $3, denied_by = null, denied_at = null, request_id = null
where code = $1 and allowed_by is null returning *, $4::text as by_name, $5::text as by_shown, '' as denied_name, '' as denied_shown, false as is_asked

-- name: deny
update nexora_host_rules set denied_by = $2, denied_at = $3, request_id = null
where code = $1 and allowed_by is null and denied_at is null
returning *, '' as by_name, '' as by_shown, $4::text as denied_name, $5::text as denied_shown, false as is_asked

-- Without its row it is as if it had never been blocked.
-- name: revoke
with changed as (
    delete from nexora_host_rules where code = $1 and (allowed_by is not null or denied_at is not null) returning *
)
select c.*, $2::uuid as ended_by, $3::timestamptz as ended_at, '' as by_name, '' as by_shown,
    case when c.denied_at is null then '' else $4::text end as denied_name, $5::text as denied_shown, false as is_asked from changed c

-- name: asks
update nexora_host_rules set request_id = $2 where id = any($1::uuid[])

-- name: left_of
select count(*) from nexora_host_rules where request_id = $1

-- name: allow_asked
update nexora_host_rules set allowed_by = $3, allowed_at = $4, request_id = null where request_id = $1 and id = any($2::uuid[])
returning *, '' as by_name, '' as by_shown, '' as denied_name, '' as denied_shown, false as is_asked

-- name: deny_asked
update nexora_host_rules set denied_by = $3, denied_at = $4, request_id = null where request_id = $1 and id = any($2::uuid[])
returning *, '' as by_name, '' as by_shown, '' as denied_name, '' as denied_shown, false as is_asked

-- name: pass_asked
with passed as (
    update nexora_host_rules set request_id = null where request_id = $1 and id = any($2::uuid[]) returning *
), given as (
    insert into nexora_host_passes (id, rule_id, conversation, good_until)
    select gen_random_uuid(), id, $3, $4 from passed
)
select *, '' as by_name, '' as by_shown, '' as denied_name, '' as denied_shown, false as is_asked from passed

-- name: take
with taken as (
    delete from nexora_host_passes p using nexora_host_rules r
    where r.id = p.rule_id and r.agent = $1 and p.conversation = $2
    returning p.id, p.rule_id, p.good_until, r.host, r.port, r.method
)
select * from taken where good_until > $3

-- name: give_back
insert into nexora_host_passes (id, rule_id, conversation, good_until)
select p.id, p.rule_id, $3, p.good_until
from unnest($1::uuid[], $2::uuid[], $4::timestamptz[]) as p (id, rule_id, good_until)
where exists (select 1 from nexora_host_rules r where r.id = p.rule_id)
