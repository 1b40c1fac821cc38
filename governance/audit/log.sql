-- Which index serves depends on which filters are given, so a plan that fits them all would fit none.
-- name: plan_anew
set local plan_cache_mode = force_custom_plan;

-- The bound on time alone lets the index on time be used; the row comparison then finds the exact place.
-- name: read
select writer, seq, at, actor, actor_name, tag, resource, status, address, user_agent, detail, previous, digest
from nexora_audit_events
where ($1::text is null or actor = $1)
    and starts_with(tag, $2::text)
    and ($3::text = '' or actor = $3 or lower(actor_name) = lower($3))
    and ($4::text = '' or status = $4)
    and ($5::text = '' or strpos(lower(resource), lower($5)) > 0)
    and ($6::timestamptz is null or at >= $6)
    and ($7::timestamptz is null or (at <= $7 and (at, writer, seq) < ($7, $8::text, $9::bigint)))
order by at desc, writer desc, seq desc
limit $10;

-- name: known
select id::text as id, name, display_name from nexora_users where id::text = any($1::text[]);
