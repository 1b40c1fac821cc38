-- name: publish
insert into nexora_inbox (channel, event_id, lane, body, state, owner, lease_until, lease, tries, error, done_at)
select c, e, l, b,
    case when depth + nth > $7 then 'dead' when m and depth + nth = 1 then 'running' else 'ready' end,
    case when m and depth + nth = 1 then $5::text end,
    case when m and depth + nth = 1 then now() + $6::interval end,
    case when m and depth + nth = 1 then 1 else 0 end,
    case when m and depth + nth = 1 then 1 else 0 end,
    case when depth + nth > $7 then 'lane full' else '' end,
    case when depth + nth > $7 then now() end
from (
    select c, e, l, b, m, n, row_number() over (partition by l order by n) as nth, (
        select count(*) from (
            select 1 from nexora_inbox i where i.lane = u.l and i.state in ('ready', 'running') limit $7) as pending
        ) as depth
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $8::boolean[]) with ordinality as u (c, e, l, b, m, n)
    where (select i.id from nexora_inbox i where i.channel = u.c and i.event_id = u.e limit 1) is null
) as v
order by n
on conflict (channel, event_id) do nothing
returning id, event_id as key, channel, lane, body, tries, state, error, lease

-- The rows of a lane from its running one on, among which the pieces of an album are.
-- name: album
select id, body, published_at > now() - $3::interval as is_new from nexora_inbox
where lane = $1 and id >= $2 and state in ('ready', 'running') order by lane, id limit 50

-- name: finish_companions
update nexora_inbox set state = 'done', done_at = now() where id = any($1::bigint[]) and state = 'ready'

-- name: emit
with given as (
    select t, b, n from unnest($1::text[], $2::text[]) with ordinality as u (t, b, n)
), last as (
    select t, coalesce((select max(seq) from nexora_stream s where s.topic = t), 0) as seq from given group by t
), added as (
    insert into nexora_stream (topic, seq, body)
    select g.t, greatest(l.seq, (extract(epoch from now()) * 1000)::bigint) + row_number() over (partition by g.t order by g.n), g.b
    from given g join last l on l.t = g.t
    returning topic
)
select pg_notify('nexora_stream', string_agg(distinct topic, E'\n')) from added

-- name: replay
select seq, body from nexora_stream where topic = $1 and seq > $2 order by seq limit 500

-- name: last
select coalesce(max(seq), 0) from nexora_stream where topic = $1

-- name: forget_stream
delete from nexora_stream where at < now() - interval '1 hour'

-- name: newest
select body from (
    select distinct on (lane) id, body from nexora_inbox
    where channel = $1 and starts_with(lane, $1 || ':')
    order by lane, id desc
) as latest
order by id desc limit $2

-- Of the dead letters of a full lane the first of a burst stays, and counts the others.
-- name: coalesce_full
with dead as (
    select id, times, first_value(id) over (partition by lane order by id) as first
    from nexora_inbox
    where state = 'dead' and error = 'lane full' and lane = any($1::text[]) and done_at > now() - interval '10 minutes'
), gone as (
    delete from nexora_inbox i using dead where i.id = dead.id and dead.id <> dead.first
    returning dead.first, dead.times
)
update nexora_inbox i set times = i.times + g.times, done_at = now()
from (select first, sum(times) as times from gone group by first) as g
where i.id = g.first

-- name: set_aside
with aside as (
    update nexora_inbox
    set state = 'dead', error = 'restored from a backup', done_at = now(), owner = null, lease_until = null
    where state in ('ready', 'running') returning 1)
select count(*) from aside
