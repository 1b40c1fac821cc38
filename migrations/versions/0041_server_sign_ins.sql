create table nexora_server_sign_ins (
    id uuid primary key,
    server text not null,
    person uuid not null references nexora_users (id) on delete cascade,
    for_all boolean not null,
    link bytea not null unique,
    state bytea not null unique,
    browser bytea,
    nonce bytea not null,
    sealed bytea not null,
    key_nonce bytea not null,
    wrapped_key bytea not null,
    master text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    finished_at timestamptz
);
create index nexora_server_sign_ins_expires on nexora_server_sign_ins (expires_at);
