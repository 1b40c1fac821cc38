-- name: leave_open
insert into nexora_conversations (key, channel, room, thread, user_id, agent, created_at, updated_at)
values ($1, $2, $3, $4, $5, '', $6, $6)
on conflict (key) do nothing
