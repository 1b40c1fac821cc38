-- name: waiting
with heads as (
    select i.id, i.lane, i.body, i.published_at, row_number() over (order by i.id) as place
    from nexora_inbox i
    where i.state = 'ready' and (i.not_before is null or i.not_before <= now()) and i.channel <> 'nexora'
        and not exists (
            select 1 from nexora_inbox e
            where e.lane = i.lane and e.state in ('ready', 'running') and e.id < i.id)
)
select 'waiting:' || h.id as key, h.body, h.place
from heads h
where h.published_at < now() - $1::interval
    and not starts_with(h.lane, '!')
    and not exists (select 1 from nexora_outbox o where o.key = 'waiting:' || h.id)
order by h.id
limit $2
