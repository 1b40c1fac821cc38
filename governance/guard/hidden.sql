-- name: of_conversation
select reference, nonce, wrapped, master from nexora_hidden where conversation = $1;

-- name: keep
insert into nexora_hidden (conversation, reference, nonce, wrapped, master, created_at)
select $1, unnest($2::text[]), unnest($3::bytea[]), unnest($4::bytea[]), $5, $6
on conflict (conversation, reference) do nothing;

-- name: wrapped_by
select conversation, reference, nonce, wrapped from nexora_hidden where master = $1 for update;

-- name: rewrap
update nexora_hidden set nonce = $3, wrapped = $4, master = $5 where conversation = $1 and reference = $2;

-- name: forget
delete from nexora_hidden h
where h.created_at < $1
    and not exists (select from nexora_conversations c where c.key = h.conversation and c.updated_at >= $1)
returning h.reference
