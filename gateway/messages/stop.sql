-- name: running
select id from nexora_inbox where lane = $1 and state = 'running' and ($2::bigint is null or id < $2)

-- name: was_told
select exists (select from nexora_stream where topic = $1)

-- name: turn
select conversation, user_id, agent, state from nexora_turns where id between $1 and $2 limit 1

-- What is being answered there, or was last: whose turn, and which agent's.
-- name: newest_turn
select user_id, agent from nexora_turns where conversation = $1 order by started_at desc limit 1
