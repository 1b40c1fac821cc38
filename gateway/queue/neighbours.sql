-- name: beat
with here as (
    insert into nexora_gateways (owner, channels, seen_at) values ($1, $2::text[], now())
    on conflict (owner) do update set channels = excluded.channels, seen_at = excluded.seen_at
), left_behind as (
    delete from nexora_gateways where seen_at < now() - interval '1 hour'
), seats as (
    insert into nexora_listeners as l (channel, owner, lease_until)
    select c, $1, now() + $4::interval from unnest($3::text[]) as c
    on conflict (channel) do update set owner = excluded.owner, lease_until = excluded.lease_until
    where l.owner = excluded.owner or l.lease_until < now()
    returning l.channel
), given_up as (
    update nexora_listeners set lease_until = now() - interval '1 second'
    where owner = $1 and channel <> all($3::text[]) and lease_until >= now()
    returning channel
), others as (
    select channels from nexora_gateways where owner <> $1 and seen_at > now() - $4::interval
)
select array(select channel from seats) as seats,
    array(select distinct c from others, unnest(channels) as c) as channels,
    (select count(*) from others) as gateways,
    case when exists (select from given_up) then pg_notify('nexora_ready', 'seats') end

-- name: owners
select owner from nexora_gateways union select owner from nexora_listeners

-- name: forget
with gone as (
    delete from nexora_gateways where owner = any($1::text[])
)
update nexora_listeners set lease_until = now() - interval '1 second'
where owner = any($1::text[]) and lease_until >= now()

-- name: leave
with gone as (
    delete from nexora_gateways where owner = $1
), given_up as (
    update nexora_listeners set lease_until = now() - interval '1 second' where owner = $1 and lease_until >= now()
)
select pg_notify('nexora_ready', 'seats')

-- name: ring
select pg_notify('nexora_ready', 'rows')

-- name: arrive
insert into nexora_gateways (owner, channels, seen_at) values ($1, '{}', now())
on conflict (owner) do update set seen_at = excluded.seen_at
