-- A schedule is one person's. Without an agent it only tells its words; without a zone it follows the person's.
create table nexora_schedules (
    id uuid primary key,
    number integer not null,
    owner_id uuid not null references nexora_users (id),
    agent text not null default '',
    words text not null,
    timing text not null,
    time_zone text not null default '',
    missed text not null default 'once' check (missed in ('once', 'skip')),
    channel text not null,
    room text not null,
    thread text not null default '',
    account_id text not null default '',
    is_direct boolean not null,
    made_channel text not null,
    made_account text not null,
    state text not null default 'active' check (state in ('active', 'ended', 'paused', 'removed')),
    why text not null default '',
    next_at timestamptz,
    failures integer not null default 0,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    unique (owner_id, number)
);
create index nexora_schedules_due on nexora_schedules (next_at) where state = 'active';

-- The id is that of the errand or the message. A run that has begun ends as its turn does.
create table nexora_schedule_runs (
    id text primary key,
    schedule_id uuid not null references nexora_schedules (id) on delete cascade,
    turn_id uuid,
    due_at timestamptz not null,
    fired_at timestamptz not null,
    is_late boolean not null default false,
    outcome text not null check (outcome in ('begun', 'done', 'failed', 'sent', 'skipped', 'stopped'))
);
create index nexora_schedule_runs_of on nexora_schedule_runs (schedule_id, fired_at desc);
create index nexora_schedule_runs_begun on nexora_schedule_runs (fired_at) where outcome = 'begun';
