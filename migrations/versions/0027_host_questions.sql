-- Admins are asked by a card about a host that was blocked: by which request, and who denied it for good.
alter table nexora_approval_requests drop constraint nexora_approval_requests_kind_check;
alter table nexora_approval_requests add constraint nexora_approval_requests_kind_check
    check (kind in ('admission', 'binding', 'host', 'link', 'tool_call'));

alter table nexora_host_rules
    add column request_id uuid references nexora_approval_requests (id) on delete set null,
    add column denied_by uuid references nexora_users (id) on delete cascade,
    add column denied_at timestamptz;

-- What an admin lets the next call of a conversation reach, once. Whoever takes a pass removes it.
create table nexora_host_passes (
    id uuid primary key,
    rule_id uuid not null references nexora_host_rules (id) on delete cascade,
    conversation text not null,
    good_until timestamptz not null
);
create index nexora_host_passes_conversation on nexora_host_passes (conversation);
