create table nexora_batches (
    id uuid primary key,
    card_id text not null unique,
    request_ids uuid[] not null,
    created_at timestamptz not null
);

create table nexora_batch_copies (
    batch_id uuid not null references nexora_batches (id),
    outbox_key text not null primary key,
    user_id uuid references nexora_users (id)
);
create index nexora_batch_copies_batch on nexora_batch_copies (batch_id);
