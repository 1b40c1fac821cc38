-- Which agent answers in a group. A row without an agent is a group that admins were asked about, or have left open.
create table nexora_room_bindings (
    channel text not null,
    room text not null,
    agent text not null default '',
    request_id uuid references nexora_approval_requests (id),
    bound_by uuid references nexora_users (id),
    changed_at timestamptz not null,
    primary key (channel, room)
);

alter table nexora_approval_requests drop constraint nexora_approval_requests_kind_check;
alter table nexora_approval_requests add constraint nexora_approval_requests_kind_check
    check (kind in ('admission', 'binding', 'tool_call'));
