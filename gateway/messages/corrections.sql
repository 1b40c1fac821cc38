-- name: heard
select id, lane, state, body from nexora_inbox where channel = $1 and event_id = $2

-- name: is_repeated
select true from nexora_inbox where channel = $1 and event_id = $2

-- Nobody can claim what is held: what waits here is read as it was, or as it is now.
-- name: hold
select id, tries, error from nexora_inbox
where lane = $1 and id <= $2 and state = 'ready' order by lane, id for no key update

-- name: running
select body from nexora_inbox where lane = $1 and state = 'running'

-- name: replace
with told as (
    insert into nexora_inbox (channel, event_id, lane, body, state, done_at) values ($3, $4, $5, $6, 'done', now())
    on conflict (channel, event_id) do nothing
)
update nexora_inbox set body = $2 where id = $1

-- A row that is locked is being finished: waiting for it could wait for ever.
-- name: keep
update nexora_inbox set body = $2 where id = (select id from nexora_inbox where id = $1 for no key update skip locked)
