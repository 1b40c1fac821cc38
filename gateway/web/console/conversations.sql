-- name: of
select c.room, c.agent, c.title, c.updated_at, c.of_program from nexora_conversations c
where c.user_id = $1 and c.channel = $2 and c.room <> $3
    and ($4::timestamptz is null or (c.updated_at, c.room) < ($4, $5::text))
    and not exists (
        select 1 from unnest($6::text[], $7::text[]) as word (said, stored)
        where not c.title ilike word.said and not exists (
            select 1 from nexora_console_messages m
            where m.room = c.room and m.body ilike word.stored and exists (
                select 1 from jsonb_path_query(m.body::jsonb, '$.parts[*].text') as part
                where part #>> '{}' ilike word.said
            )
        )
    )
order by c.updated_at desc, c.room desc limit $8;

-- name: owner
select user_id, agent, title, of_program from nexora_conversations where key = $1;
