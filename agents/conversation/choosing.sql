-- name: chosen
select agent from nexora_conversations where key = $1

-- name: choose
insert into nexora_conversations (key, channel, room, thread, user_id, agent, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (key) do update set agent = excluded.agent
where nexora_conversations.channel <> $8 or nexora_conversations.user_id = excluded.user_id
returning key

-- name: choose_own
update nexora_conversations set agent = $3 where key = $1 and user_id = $2 returning key

-- name: leave_open
insert into nexora_conversations (key, channel, room, thread, user_id, agent, created_at, updated_at)
values ($1, $2, $3, $4, $5, '', $6, $6)
on conflict (key) do nothing

-- name: open_own
insert into nexora_conversations (key, channel, room, user_id, agent, created_at, updated_at, of_program)
values ($1, $2, $3, $4, $5, $6, $6, $7)
on conflict (key) do update set updated_at = excluded.updated_at
where nexora_conversations.user_id = excluded.user_id
returning user_id

-- name: begin_anew
with anew as (
    update nexora_conversations
    set context_from = (select coalesce(max(id), 0) from nexora_messages where conversation = $1)
    where key = $1 and (channel <> $3 or user_id = $2)
    returning key
)
select exists (select from anew) as mine from nexora_conversations where key = $1

-- name: is_open_to
select coalesce((select channel <> $3 or user_id = $2 from nexora_conversations where key = $1), true)
