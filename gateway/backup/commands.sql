-- name: is_empty
select to_regclass('alembic_version') is null and to_regclass('nexora_users') is null

-- name: end_sessions
update nexora_sessions set revoked_at = now() where revoked_at is null

-- name: set_events_aside
with aside as (
    update nexora_inbox
    set state = 'dead', error = 'restored from a backup', done_at = now(), owner = null, lease_until = null
    where state in ('ready', 'running') returning 1)
select count(*) from aside

-- name: mark_messages
with marked as (
    update nexora_outbox set state = 'ready', error = 'interrupted', owner = null, lease_until = null, not_before = null
    where state in ('ready', 'running') returning 1)
select count(*) from marked
