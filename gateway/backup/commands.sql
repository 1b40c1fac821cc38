-- name: is_empty
select to_regclass('alembic_version') is null and to_regclass('nexora_users') is null
