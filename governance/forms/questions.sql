-- name: open
insert into nexora_server_questions (id, card_id, code, server, user_id, agent, address, conversation, call_id, message,
    url, fields, language, zone, asked_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (code) where state = 'asked' do nothing
returning id

-- name: by_card
select q.*, u.name as who_name, u.display_name as who_shown, c.state = 'running' as is_awaited
from nexora_server_questions q join nexora_users u on u.id = q.user_id left join nexora_calls c on c.id = q.call_id
where q.card_id = $1

-- name: by_code
select q.*, u.name as who_name, u.display_name as who_shown, c.state = 'running' as is_awaited
from nexora_server_questions q join nexora_users u on u.id = q.user_id left join nexora_calls c on c.id = q.call_id
where q.code = $1 and q.state = 'asked'

-- name: answered
select q.card_id
from nexora_outbox o join nexora_server_questions q on q.id::text = split_part(o.key, ':', 2)
where o.channel = $1 and o.ref @> jsonb_build_array(jsonb_build_object('i', $2::text)) and o.key like 'question:%'
limit 1

-- name: lock
select id from nexora_server_questions where id = $1 for update

-- name: by_id
select q.*, u.name as who_name, u.display_name as who_shown, c.state = 'running' as is_awaited
from nexora_server_questions q join nexora_users u on u.id = q.user_id left join nexora_calls c on c.id = q.call_id
where q.id = $1

-- name: step
update nexora_server_questions set answers = $2, step = $3, changes = changes + 1 where id = $1 returning changes

-- name: end
update nexora_server_questions set state = $2, ended_at = $3, changes = changes + 1 where id = $1 returning changes

-- What was answered goes to the server, and is kept nowhere else.
-- name: take
update nexora_server_questions set taken_at = $2, answers = '{}' where id = $1

-- name: forlorn
select q.id, q.card_id
from nexora_server_questions q left join nexora_calls c on c.id = q.call_id
where q.taken_at is null and q.state in ('accepted', 'asked') and (c.state is distinct from 'running' or q.expires_at < $1)

-- name: forget
delete from nexora_server_questions where ended_at < $1
