-- name: of
select key, room, agent, title, updated_at from nexora_conversations
where user_id = $1 and channel = $2 order by updated_at desc limit $3;

-- name: owner
select user_id, agent, title from nexora_conversations where key = $1;

-- name: open
insert into nexora_conversations (key, channel, room, user_id, agent, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (key) do update set updated_at = excluded.updated_at
where nexora_conversations.user_id = excluded.user_id
returning user_id;

-- name: choose
update nexora_conversations set agent = $3 where key = $1 and user_id = $2 returning key;

