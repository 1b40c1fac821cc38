-- name: own_words
select body from nexora_messages where conversation = $1 and role = 'user' order by id desc limit $2

-- name: said
select m.at, m.role, m.agent, m.body, m.conversation from nexora_messages m
where m.role in ('assistant', 'user') and lower(m.body) like any($4::text[]) and m.conversation in (
    select $1::text
    union all
    select r.conversation from nexora_memory_rests r where $5 and r.user_id = $2 and r.agent = $3 and r.is_direct
)
order by m.id desc limit $6
