-- name: lock
select pg_advisory_xact_lock(7235446)

-- name: known
select mark, place from nexora_shared_folder

-- name: others
select owner from nexora_gateways where owner <> $1 and seen_at > now() - $2::interval order by owner

-- name: adopt
insert into nexora_shared_folder (mark, place, adopted_at) values ($1, $2, $3)
on conflict (only_one) do update
set mark = excluded.mark, place = excluded.place, adopted_at = excluded.adopted_at
