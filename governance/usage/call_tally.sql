-- A call that was approved and refused when it should begin has a second line; its first is the verdict of the guard.
-- name: verdicts
with judged as (
    select distinct on (call) agent, answer
    from (
        select detail::json ->> 'call' as call, detail::json ->> 'agent' as agent, tag as answer, at, seq
        from nexora_audit_events
        where tag in ('guard:call:allowed', 'guard:call:deferred', 'guard:call:refused') and at >= $1 and at < $2
    ) as line
    order by call, at, seq
)
select agent, count(*) filter (where answer = 'guard:call:allowed') as free,
    count(*) filter (where answer = 'guard:call:deferred') as asked,
    count(*) filter (where answer = 'guard:call:refused') as refused
from judged group by grouping sets ((agent), ());

-- A request that was approved and lapsed counts as approved: somebody did decide it, and took that long.
-- name: decisions
with asked as (
    select agent, case when status = 'expired' and decided_by is not null then 'approved' else status end as status,
        extract(epoch from decided_at - created_at) as seconds
    from nexora_approval_requests
    where kind = any($3::text[]) and created_at >= $1 and created_at < $2
)
select agent, count(*) filter (where status = 'approved') as approved, count(*) filter (where status = 'denied') as denied,
    count(*) filter (where status = 'expired') as expired, count(*) filter (where status = 'cancelled') as withdrawn,
    count(*) filter (where status = 'pending') as waiting,
    percentile_cont(0.5) within group (order by seconds) filter (where status in ('approved', 'denied')) as median_seconds
from asked group by grouping sets ((agent), ());
