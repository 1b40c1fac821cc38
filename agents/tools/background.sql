-- name: begin
insert into nexora_background (id, conversation, number, user_id, agent, command, owner, started_at)
select $1::uuid, $2::text, coalesce(max(b.number), 0) + 1, $3::uuid, $4::text, $5::text, $6::text, $7::timestamptz
from nexora_background b where b.conversation = $2
having count(*) filter (where b.state in ('ending', 'running')) < $8::integer
returning number

-- name: claim
update nexora_background set state = 'ending' where id = $1 and owner = $2 and state = 'running' and stop <> 'person'
returning id

-- name: end
with ended as (
    update nexora_background set state = $3, how = $4, output = $5, ended_at = $6
    where id = $1 and owner = $2 and state in ('ending', 'running')
    returning *
)
select e.*, c.channel, c.room, c.thread, coalesce(nullif(u.language, ''), 'en') as language, u.name as who from ended e
join nexora_users u on u.id = e.user_id left join nexora_conversations c on c.key = e.conversation

-- name: lost
with ended as (
    update nexora_background b set state = 'lost', ended_at = $2
    where b.state in ('ending', 'running') and b.owner <> $1 and not exists (
        select from nexora_gateways g where g.owner = b.owner and g.seen_at > now() - $3::interval
    )
    returning *
)
select e.*, c.channel, c.room, c.thread, coalesce(nullif(u.language, ''), 'en') as language, u.name as who from ended e
join nexora_users u on u.id = e.user_id left join nexora_conversations c on c.key = e.conversation

-- name: stop
update nexora_background set stop = $3
where conversation = $1 and ($2::integer is null or number = $2) and state = 'running' and stop = ''
returning id

-- name: asked
select b.id, case when u.status = 'active' then b.stop else 'person' end as stop
from nexora_background b join nexora_users u on u.id = b.user_id
where b.owner = $1 and b.state = 'running' and (b.stop <> '' or u.status <> 'active')

-- name: find
select * from nexora_background where conversation = $1 and number = $2

-- name: known
select number, state, started_at from nexora_background where conversation = $1 order by number desc limit 5

-- name: read
update nexora_background set told_in = coalesce(told_in, $2) where id = $1

-- name: told
update nexora_background set told_in = $2
where conversation = $1 and state not in ('ending', 'running') and (told_in is null or told_in = $2)
returning number, state, how, output

-- name: forget
delete from nexora_background where ended_at < $1
