create table nexora_secrets (
    id uuid primary key,
    name text not null,
    owner uuid references nexora_users (id),
    version integer not null,
    nonce bytea not null,
    sealed bytea not null,
    key_nonce bytea not null,
    wrapped_key bytea not null,
    master text not null,
    created_by uuid references nexora_users (id),
    created_at timestamptz not null,
    changed_at timestamptz not null,
    used_at timestamptz,
    unique nulls not distinct (owner, name)
);
create table nexora_secret_holders (
    secret uuid not null references nexora_secrets (id) on delete cascade,
    kind text not null,
    name text not null,
    allowed_by uuid references nexora_users (id),
    allowed_at timestamptz not null,
    primary key (secret, kind, name)
);
create index nexora_secret_holders_name on nexora_secret_holders (kind, name);
