create table nexora_confirmations (
    id uuid primary key,
    request_id uuid not null references nexora_approval_requests (id),
    user_id uuid not null references nexora_users (id),
    channel text not null,
    account_id text not null,
    room text not null,
    choice text not null,
    reason text not null default '',
    code_digest text not null,
    tries integer not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index nexora_confirmations_request on nexora_confirmations (request_id);
create index nexora_confirmations_user on nexora_confirmations (user_id, created_at desc);
