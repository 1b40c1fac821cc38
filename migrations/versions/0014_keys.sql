create table nexora_keys (
    name text primary key,
    nonce bytea not null,
    wrapped bytea not null,
    master text not null,
    made_at timestamptz not null
);
