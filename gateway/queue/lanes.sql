-- Claims are written so that no plan of theirs can go wrong: one that was made while the table was empty is kept for a
-- while when it holds 200,000 rows. So: no joins, each row found by itself, in the order of the index that finds it.

-- name: claim_ready
update {table} set state = 'running', owner = $1, lease_until = now() + $2, doubted_at = null, lease = lease + 1,
    tries = tries + 1
where id = any(array(
    select id from {table} i
    where state = 'ready' and {which} and (not_before is null or not_before <= now() or id = any($4::bigint[]))
        and ($5::text[] is null or channel = any($5::text[]) or error = 'late') and channel <> all($6::text[])
        and id = (
            select e.id from {table} e where e.lane = i.lane and e.state in ('ready', 'running') order by e.lane, e.id limit 1)
    order by id limit $3 for update skip locked))
returning id, {key} as key, channel, lane, body, tries, error, lease, id < (
    select n.id from {table} n where n.lane = {table}.lane and n.state in ('ready', 'running')
    order by n.lane desc, n.id desc limit 1) as more

-- name: claim_lanes
update {table} set state = 'running', owner = $1, lease_until = now() + $2, doubted_at = null, lease = lease + 1,
    tries = tries + 1
where state = 'ready' and (not_before is null or not_before <= now())
    and ($4::text[] is null or channel = any($4::text[]) or error = 'late') and channel <> all($5::text[])
    and id = any(array(
    select (select i.id from {table} i where i.lane = l.lane and i.state in ('ready', 'running') order by i.lane, i.id limit 1)
    from unnest($3::text[]) as l (lane)))
returning id, {key} as key, channel, lane, body, tries, error, lease, id < (
    select n.id from {table} n where n.lane = {table}.lane and n.state in ('ready', 'running')
    order by n.lane desc, n.id desc limit 1) as more

-- name: finish
update {table} set state = 'done', done_at = now(), owner = null, lease_until = null
where id = $1 and owner = $2 and lease = $3 and state = 'running'
returning id

-- name: put_back
update {table} set state = 'ready', owner = null, lease_until = null, not_before = now() + $4::interval, error = $5, tries = tries - $6
where id = $1 and owner = $2 and lease = $3 and state = 'running'

-- name: dead_letter
update {table} set state = 'dead', done_at = now(), owner = null, lease_until = null, error = $4
where id = $1 and owner = $2 and lease = $3 and state = 'running'
returning id

-- name: renew
-- A row that is locked is left for the next time: it is being finished, and waiting for it could wait for ever.
update {table} set lease_until = now() + $3, doubted_at = null
where id in (
    select q.id from {table} q join unnest($1::bigint[], $2::int[]) as mine (id, lease) on q.id = mine.id and q.lease = mine.lease
    where q.state = 'running' for no key update of q skip locked)
returning id

-- name: let_go
update {table} q set state = 'ready', owner = null, lease_until = null, error = 'interrupted'
from unnest($1::bigint[], $2::int[]) as mine (id, lease)
where q.id = mine.id and q.lease = mine.lease and q.state = 'running'

-- name: look_round
select due.is_due, r.id, r.owner, r.lease_until, r.lease_until < now() as is_past, r.doubted_at is not null as is_doubted,
    coalesce(r.lease_until < now() and r.doubted_at < now() - $2::interval, false) as is_over
from (
    select exists (
        select 1 from {table} where state = 'ready' and (not_before is null or not_before <= now())
            and ($3::text[] is null or channel = any($3::text[]) or error = 'late') and channel <> all($4::text[])
    ) as is_due
) as due
left join {table} r on r.state = 'running' and r.id <> all($1::bigint[])

-- name: doubt
update {table} set doubted_at = now()
where id in (
    select id from {table} where id = any($1::bigint[]) and state = 'running' and lease_until < now() for no key update skip locked)

-- name: reap
-- A row that is locked is being finished, or its owner was frozen in the middle of that and loses the lock soon.
update {table} set state = 'ready', owner = null, lease_until = null, error = 'interrupted'
where id in (
    select t.id from {table} t join unnest($1::bigint[], $2::timestamptz[]) as seen (id, lease_until)
        on t.id = seen.id and t.lease_until = seen.lease_until
    where t.state = 'running' for no key update of t skip locked)
returning lane

-- name: bring_near
update {table} set not_before = now() + $1::interval where state = 'ready' and not_before > now() + $1::interval

-- name: release_all
update {table} set state = 'ready', owner = null, lease_until = null, error = 'interrupted'
where state = 'running'

-- name: release_own
update {table} set state = 'ready', owner = null, lease_until = null, error = 'interrupted', tries = tries - 1
where owner = $1 and state = 'running'

-- name: forget_done
-- Cards are rewritten when their request ends, which may wait for 14 days, and mended when they are pressed after that.
delete from {table} where id in (
    select id from {table} where state = 'done' and done_at < now() - $1::interval
        and ({key} not like 'card:%' or done_at < now() - interval '30 days') limit 2000)

-- name: forget_dead
delete from {table} where id in (
    select id from {table} where state = 'dead' and done_at < now() - $1::interval limit 2000)
