-- name: heard
insert into nexora_memory_rests (conversation, user_id, agent, is_direct, spoken_at, learnt_to)
select c, u, a, d, $5, (select min(m.id) - 1 from nexora_messages m where m.turn_id = t)
from unnest($1::text[], $2::uuid[], $3::text[], $4::boolean[], $6::uuid[]) as h (c, u, a, d, t)
on conflict (conversation) do update set user_id = excluded.user_id, agent = excluded.agent,
    is_direct = nexora_memory_rests.is_direct and excluded.is_direct, spoken_at = excluded.spoken_at

-- name: claim
update nexora_memory_rests set claimed_by = $1, claimed_until = $3
where conversation = (
    select r.conversation from nexora_memory_rests r
    where (r.learnt_at is null or r.learnt_at < r.spoken_at) and r.spoken_at <= $4
        and (r.claimed_until is null or r.claimed_until <= $2)
    order by r.spoken_at limit 1 for update skip locked
)
returning conversation, user_id, agent, is_direct, spoken_at, learnt_to

-- name: learnt
update nexora_memory_rests set learnt_at = $3, learnt_to = $4, claimed_by = null, claimed_until = null
where conversation = $1 and claimed_by = $2 and claimed_until > $5
returning conversation

-- name: messages
select id, role, body, at from nexora_messages
where conversation = $1 and id > $2 and role in ('assistant', 'user') order by id desc limit $3

-- name: spent
select coalesce(sum(input_tokens + output_tokens), 0) from nexora_token_usage
where purpose = 'memory' and user_id = $1 and at > $2
