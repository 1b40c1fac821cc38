-- Looks at the first 5,000 messages that wait, so that a flood costs no more; those behind them hear of it when they come
-- nearer.
-- name: waiting
with heads as (
    select i.id, i.body, i.published_at, row_number() over (order by i.id) as place
    from (
        select id, lane, body, published_at from nexora_inbox
        where state = 'ready' and (not_before is null or not_before <= now()) and channel <> 'nexora'
            and not starts_with(lane, '!')
        order by id limit 5000
    ) as i
    where i.id = (
        select e.id from nexora_inbox e where e.lane = i.lane and e.state in ('ready', 'running') order by e.lane, e.id limit 1)
)
select 'waiting:' || h.id as key, h.body, h.place
from heads h
where h.published_at < now() - $1::interval
    and not exists (select 1 from nexora_outbox o where o.key = 'waiting:' || h.id)
order by h.id
limit $2
