create table nexora_refused_asks (
    request_id uuid primary key references nexora_approval_requests (id),
    conversation text not null,
    sameness text not null,
    targets text[] not null,
    was_denied boolean not null,
    at timestamptz not null,
    is_quiet boolean not null,
    counts boolean not null,
    lifted_in uuid,
    told_in uuid
);
create index nexora_refused_asks_conversation on nexora_refused_asks (conversation, at);
