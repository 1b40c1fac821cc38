-- name: one_at_a_time
select pg_advisory_xact_lock(hashtextextended('nexora questions', 0))

-- name: open
select
    (select count(*) from nexora_calls where conversation = $2 and turn_id = $1 and request_id is not null)
        + count(*) filter (where subject ->> 'turn' = $1::text) as turn,
    count(*) filter (where conversation = $2) as conversation,
    count(*) filter (where agent = $3) as agent,
    count(*) filter (where requester_id = $4) as person
from nexora_approval_requests where status = 'pending' and kind = any($5::text[])
