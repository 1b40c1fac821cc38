-- name: lock
select pg_advisory_xact_lock(7235446)

-- name: named
select * from nexora_secrets where name = $1 and owner is not distinct from $2 for update

-- name: count
select count(*) from nexora_secrets where owner is not distinct from $1

-- name: put
insert into nexora_secrets
    (id, name, owner, version, nonce, sealed, key_nonce, wrapped_key, master, created_by, created_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
on conflict (owner, name) do update
set version = excluded.version, nonce = excluded.nonce, sealed = excluded.sealed, key_nonce = excluded.key_nonce,
    wrapped_key = excluded.wrapped_key, master = excluded.master, changed_at = excluded.changed_at

-- name: remove
delete from nexora_secrets where name = $1 and owner is not distinct from $2 returning id

-- name: version
select s.version from nexora_secrets s left join nexora_users u on u.id = s.owner
where s.name = $1 and s.owner is not distinct from $2 and (s.owner is null or u.status = 'active')

-- name: owners
select s.owner from nexora_secrets s left join nexora_users u on u.id = s.owner
where s.name = $1 and (s.owner is null or u.status = 'active')

-- name: remove_of_holder
delete from nexora_secrets s using nexora_secret_holders h
where h.secret = s.id and h.kind = $1 and h.name = $2 and starts_with(s.name, $3) returning s.name, s.owner

-- name: remove_of_owner
delete from nexora_secrets where owner = $1 and starts_with(name, $2) returning name, owner

-- name: allow
insert into nexora_secret_holders (secret, kind, name, allowed_by, allowed_at) values ($1, $2, $3, $4, $5)
on conflict (secret, kind, name) do nothing returning secret

-- name: disallow
delete from nexora_secret_holders where secret = $1 and kind = $2 and name = $3 returning secret

-- name: listed
select s.name, s.owner, s.version, coalesce(u.name, '') as created_by, s.created_at, s.changed_at, s.used_at,
    coalesce(array_agg(h.kind || ' ' || h.name order by h.kind, h.name) filter (where h.kind is not null), '{}') as held
from nexora_secrets s
left join nexora_secret_holders h on h.secret = s.id
left join nexora_users u on u.id = s.created_by
where (s.owner is null and $1) or s.owner = $2
group by s.id, u.name
order by s.owner is null, s.name

-- name: entitled
select s.* from nexora_secrets s
join nexora_secret_holders h on h.secret = s.id and h.kind = $1 and h.name = $2
left join nexora_users u on u.id = s.owner
where s.owner is null or (s.owner = $3 and u.status = 'active')
order by s.owner is not null, s.name

-- name: used
update nexora_secrets set used_at = $2::timestamptz where id = any($1) and (used_at is null or used_at < $2::timestamptz - interval '1 minute')

-- name: sealed_by
select id, name, owner, version, nonce, sealed, key_nonce, wrapped_key, master from nexora_secrets for update

-- name: rewrap
update nexora_secrets set key_nonce = $2, wrapped_key = $3, master = $4 where id = $1

-- name: everybodys
select s.name, s.owner, coalesce(array_agg(h.kind || ' ' || h.name) filter (where h.kind is not null), '{}') as held
from nexora_secrets s left join nexora_secret_holders h on h.secret = s.id group by s.id order by s.name
