create table nexora_tokens (
    id uuid primary key,
    code text not null unique,
    digest bytea not null,
    user_id uuid not null references nexora_users (id),
    name text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
);
create index nexora_tokens_user on nexora_tokens (user_id) where revoked_at is null;
