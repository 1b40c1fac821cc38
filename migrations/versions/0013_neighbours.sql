create table nexora_gateways (
    owner text primary key,
    channels text[] not null,
    seen_at timestamptz not null
) with (fillfactor = 50);

create table nexora_listeners (
    channel text primary key,
    owner text not null,
    lease_until timestamptz not null
) with (fillfactor = 50);
