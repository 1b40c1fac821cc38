-- name: hold
select pg_advisory_xact_lock(hashtextextended('nexora_names', 0));

-- name: everybody
select id, name, display_name, role from nexora_users where id is distinct from $1 order by lower(name);
