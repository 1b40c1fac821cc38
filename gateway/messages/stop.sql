-- name: running
select id from nexora_inbox where lane = $1 and state = 'running' and ($2::bigint is null or id < $2)

-- name: was_told
select exists (select from nexora_stream where topic = $1)
