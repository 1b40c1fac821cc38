create table nexora_hidden (
    conversation text not null,
    reference text not null,
    nonce bytea not null,
    wrapped bytea not null,
    master text not null,
    created_at timestamptz not null,
    primary key (conversation, reference)
);
