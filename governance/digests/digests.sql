-- name: of
select * from nexora_digests where person_id = $1

-- name: put
insert into nexora_digests (person_id, weekday, minute, time_zone, channel, room, thread, account_id, since, next_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (person_id) do update set weekday = $2, minute = $3, time_zone = $4, channel = $5, room = $6, thread = $7,
    account_id = $8, next_at = $10

-- name: drop
delete from nexora_digests where person_id = $1 returning person_id

-- name: due
select * from nexora_digests where next_at <= $1 order by next_at limit 1 for update skip locked

-- name: sent
update nexora_digests set since = $2, next_at = $3 where person_id = $1

-- name: decided
select status, count(*) as count,
    count(*) filter (where decided_by = requester_id and choice in ('a', 's')) as confirmed
from nexora_approval_requests
where decided_at >= $1 and decided_at < $2 and status <> 'pending'
    and ($3 or requester_id = $4 or decided_by = $4)
group by status order by status
