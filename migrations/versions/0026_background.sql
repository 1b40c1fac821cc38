-- Commands that go on after their call: which gateway runs them, and how they ended.
create table nexora_background (
    id uuid primary key,
    conversation text not null,
    number integer not null,
    user_id uuid not null references nexora_users (id) on delete cascade,
    agent text not null,
    command text not null,
    owner text not null,
    state text not null default 'running' check (state in ('done', 'ended', 'ending', 'lost', 'running', 'stopped')),
    stop text not null default '' check (stop in ('', 'model', 'person')),
    how text not null default '',
    output text not null default '',
    started_at timestamptz not null,
    ended_at timestamptz,
    told_in uuid,
    unique (conversation, number)
);
create index nexora_background_running on nexora_background (owner) where state in ('ending', 'running');
