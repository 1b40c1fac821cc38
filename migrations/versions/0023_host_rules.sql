-- Hosts that the commands of an agent were not let through to, and the rules that admins have made of some of them.
create table nexora_host_rules (
    id uuid primary key,
    code text not null unique,
    agent text not null,
    host text not null,
    port integer not null,
    method text not null,
    times integer not null default 1,
    last_at timestamptz not null,
    allowed_by uuid references nexora_users (id) on delete cascade,
    allowed_at timestamptz,
    unique (agent, host, port, method)
);
