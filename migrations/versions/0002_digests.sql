-- Digests: who wants one, when and where. A person has at most one.
create table nexora_digests (
    person_id uuid primary key references nexora_users (id),
    weekday smallint check (weekday between 0 and 6),
    minute smallint not null check (minute between 0 and 1439),
    time_zone text not null,
    channel text not null,
    room text not null,
    thread text not null default '',
    account_id text not null default '',
    since timestamptz not null,
    next_at timestamptz not null
);
create index nexora_digests_next on nexora_digests (next_at);
