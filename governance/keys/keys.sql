-- name: lock
select pg_advisory_xact_lock(7235445)

-- name: all
select name, nonce, wrapped, master from nexora_keys

-- name: put
insert into nexora_keys (name, nonce, wrapped, master, made_at) values ($1, $2, $3, $4, $5)
on conflict (name) do update
set nonce = excluded.nonce, wrapped = excluded.wrapped, master = excluded.master, made_at = excluded.made_at

-- name: has_checkpoints
select exists (select from nexora_audit_checkpoints)
