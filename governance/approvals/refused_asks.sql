-- name: one_at_a_time
select pg_advisory_xact_lock(hashtextextended('nexora refused ' || $1, 0))

-- name: note
insert into nexora_refused_asks (request_id, conversation, sameness, targets, was_denied, at, is_quiet, counts, lifted_in)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing

-- name: in_a_row
select count(*) from nexora_refused_asks where conversation = $1 and counts and lifted_in is null

-- A decision in favour ends the row.
-- name: break_row
update nexora_refused_asks set counts = false where conversation = $1 and counts

-- name: standing
select a.sameness, a.targets, a.was_denied, a.at, a.lifted_in is not null as is_lifted, r.code
from nexora_refused_asks a join nexora_approval_requests r on r.id = a.request_id
where a.conversation = $1 and (a.lifted_in is null or (a.was_denied and a.at > $2))
order by a.at desc limit 200

-- The same however often the turn is begun.
-- name: lift
update nexora_refused_asks set lifted_in = $2 where conversation = $1 and lifted_in is null

-- name: tell
with told as (
    update nexora_refused_asks set told_in = $2
    where conversation = $1 and is_quiet and (told_in is null or told_in = $2)
    returning request_id
)
select r.code, r.subject ->> 'tool' as tool, r.status
from told join nexora_approval_requests r on r.id = told.request_id order by r.created_at
