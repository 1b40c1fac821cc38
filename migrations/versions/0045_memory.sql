-- One thing that is remembered. `found_by` are its words as numbers that differ for each owner, so that no search through
-- the index meets what belongs to others.
create table nexora_memories (
    id bigint generated always as identity primary key,
    layer text not null check (layer in ('agent', 'conversation', 'person')),
    owner text not null,
    number integer not null,
    kind text not null check (kind in ('decision', 'fact', 'person', 'pitfall', 'preference', 'procedure')),
    words text not null,
    also text not null default '',
    state text not null check (state in ('forgotten', 'kept', 'proposed')),
    basis text not null default '',
    basis_conversation text not null default '',
    basis_at timestamptz,
    told_by uuid references nexora_users (id),
    agent text not null default '',
    confirmed integer not null default 1,
    created_at timestamptz not null,
    confirmed_at timestamptz not null,
    changed_at timestamptz not null,
    forgotten_at timestamptz,
    found_by bigint[] not null,
    unique (layer, owner, number)
);
create index nexora_memories_found on nexora_memories using gin (found_by) with (fastupdate = off) where state = 'kept';
create index nexora_memories_forgotten on nexora_memories (forgotten_at) where state = 'forgotten';

-- What a person has chosen; who has chosen nothing has no row.
create table nexora_memory_choices (
    user_id uuid primary key references nexora_users (id),
    is_on boolean not null default true,
    proactive text not null default 'off' check (proactive in ('daily', 'off', 'weekly')),
    next_at timestamptz,
    agent text not null default '',
    channel text not null default '',
    room text not null default '',
    thread text not null default '',
    account_id text not null default '',
    changed_at timestamptz not null
);
create index nexora_memory_choices_due on nexora_memory_choices (next_at) where proactive <> 'off';

-- A conversation in which somebody spoke: by whom and through which agent last, whether nobody else reads there, up to
-- which message it was learnt from, and which gateway learns from it until when.
create table nexora_memory_rests (
    conversation text primary key,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    is_direct boolean not null,
    spoken_at timestamptz not null,
    learnt_at timestamptz,
    learnt_to bigint,
    claimed_by text,
    claimed_until timestamptz
);
create index nexora_memory_rests_waiting on nexora_memory_rests (spoken_at) where learnt_at is null or learnt_at < spoken_at;
create index nexora_memory_rests_user on nexora_memory_rests (user_id, agent) where is_direct;
