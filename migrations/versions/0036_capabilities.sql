-- What agents are given beyond their own tools. A package is kept byte for byte as it was approved, so that every gateway
-- has the same one; what lies on a disk is only a copy of it.
create table nexora_capability_packages (
    digest text primary key,
    body bytea not null,
    added_at timestamptz not null
);

create table nexora_capabilities (
    kind text not null,
    name text not null,
    state text not null check (state in ('active', 'disabled', 'held')),
    digest text not null references nexora_capability_packages (digest),
    before_digest text references nexora_capability_packages (digest),
    manifest jsonb not null,
    before_manifest jsonb,
    risk text not null,
    held text,
    request_id uuid,
    changed_by uuid references nexora_users (id),
    changed_at timestamptz not null,
    primary key (kind, name)
);

-- What was refused to an agent, so that it does not ask again soon.
create table nexora_capability_refusals (
    agent text not null,
    kind text not null,
    name text not null,
    at timestamptz not null,
    primary key (agent, kind, name)
);

-- Answers of admins that come before those of the policy file. Nothing has ever written this table before.
drop table nexora_capability_policies;
create table nexora_capability_policies (
    code text primary key,
    kind text not null default '*',
    action text not null default '*',
    risk text not null check (risk in ('critical', 'high', 'low', 'medium')),
    environment text not null default '*',
    verdict text not null check (verdict in ('allow', 'ask', 'refuse')),
    changed_by uuid references nexora_users (id),
    changed_at timestamptz not null,
    unique (kind, action, risk, environment),
    check (not (verdict = 'allow' and risk in ('critical', 'high')))
);

-- Which agent, person, role or room may use which capability or model. Nothing has ever written this table before.
drop table nexora_governance;
create table nexora_governance (
    code text primary key,
    kind text not null,
    name text not null,
    who_kind text not null check (who_kind in ('agent', 'everyone', 'person', 'role', 'room')),
    who text not null,
    verdict text not null check (verdict in ('allow', 'refuse')),
    changed_by uuid references nexora_users (id),
    changed_at timestamptz not null,
    unique (kind, name, who_kind, who)
);
