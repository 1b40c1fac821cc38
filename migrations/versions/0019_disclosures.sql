-- Who was shown the whole text of a request that does not fit on a card, under which code, and how often.
create table nexora_disclosures (
    request_id uuid not null references nexora_approval_requests (id) on delete cascade,
    user_id uuid not null references nexora_users (id) on delete cascade,
    code text not null,
    times integer not null,
    at timestamptz not null default now(),
    primary key (request_id, user_id)
);
