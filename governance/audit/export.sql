-- Which index serves depends on which filters are given.
-- name: plan_anew
set local plan_cache_mode = force_custom_plan;

-- name: lines
select writer, seq, at, actor, actor_name, tag, resource, status, address, user_agent, detail, digest
from nexora_audit_events
where starts_with(tag, $1::text) and ($2::timestamptz is null or at >= $2) and at < $3::timestamptz
order by at, writer, seq;
