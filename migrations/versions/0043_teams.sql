create table nexora_team_members (
    code text primary key,
    team text not null,
    user_id uuid not null references nexora_users (id),
    changed_by uuid references nexora_users (id),
    changed_at timestamptz not null,
    unique (team, user_id)
);
alter table nexora_governance drop constraint nexora_governance_who_kind_check;
alter table nexora_governance add constraint nexora_governance_who_kind_check
    check (who_kind in ('agent', 'everyone', 'person', 'role', 'room', 'team'));
