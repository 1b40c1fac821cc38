-- name: keep
with added as (
    insert into nexora_console_messages (room, key, body) values ($1, $2, $3)
    on conflict (key) do nothing
    returning id
)
select id, true as is_new from added
union all
select id, false from nexora_console_messages where key = $2
limit 1;

-- name: replace
update nexora_console_messages set body = $3 where id = $2 and room = $1 returning id;

-- name: history
select id, key, body, at from (
    select id, key, body, at from nexora_console_messages
    where room = $1 and id < $2 order by id desc limit $3
) as newest
order by id;

-- name: since
select id, key, body, at from nexora_console_messages where room = $1 and id > $2 order by id limit $3;

-- name: message
select id, key, body, at from nexora_console_messages where room = $1 and id = $2;

-- name: number_of
select id from nexora_console_messages where key = $1;

-- name: settled
select coalesce(max(seq), 0) from nexora_stream
where topic = $1 and seq <= $2 and body not like '{"type":"delta"%' and body not like '{"type":"step"%';

-- name: is_end
select body like '{"type":"done"%' from nexora_stream where topic = $1 and seq = $2;

-- name: state_of
select state from nexora_inbox where channel = $1 and event_id = $2;

-- name: busy_seconds
select extract(epoch from now() - min(published_at))::float8 from nexora_inbox
where lane = $1 and state in ('ready', 'running');
