-- People -------------------------------------------------------------------------------------------------------------
create table nexora_users (
    id uuid primary key,
    name text not null,
    display_name text not null default '',
    role text not null check (role in ('admin', 'operator')),
    status text not null default 'active' check (status in ('active', 'disabled')),
    language text not null default 'en' check (language in ('en', 'zh')),
    password_hash text,
    failed_logins integer not null default 0,
    locked_until timestamptz,
    created_at timestamptz not null default now(),
    created_by uuid references nexora_users (id)
);
create unique index nexora_users_name on nexora_users (lower(name));

create table nexora_sessions (
    id uuid primary key,
    user_id uuid not null references nexora_users (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    address text not null default '',
    user_agent text not null default ''
);
create index nexora_sessions_user on nexora_sessions (user_id) where revoked_at is null;

create table nexora_login_failures (
    address text not null,
    at timestamptz not null
);
create index nexora_login_failures_address on nexora_login_failures (address, at);

create table nexora_accounts (
    channel text not null,
    account_id text not null,
    name text not null default '',
    user_id uuid references nexora_users (id),
    state text not null check (state in ('linked', 'refused', 'unlinked', 'waiting')),
    room text not null default '',
    request_id uuid,
    changed_at timestamptz not null default now(),
    primary key (channel, account_id),
    check ((state = 'linked') = (user_id is not null))
);
create index nexora_accounts_user on nexora_accounts (user_id) where user_id is not null;

create table nexora_codes (
    digest text primary key,
    purpose text not null check (purpose in ('first_admin', 'link_from_chat', 'link_from_console', 'set_password')),
    user_id uuid references nexora_users (id),
    channel text,
    account_id text,
    account_name text not null default '',
    expires_at timestamptz not null,
    used_at timestamptz
);

create table nexora_code_attempts (
    who text not null,
    at timestamptz not null
);
create index nexora_code_attempts_who on nexora_code_attempts (who, at);

-- Permission ---------------------------------------------------------------------------------------------------------
create table nexora_agent_grants (
    id uuid primary key,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    granted_by uuid references nexora_users (id),
    granted_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid references nexora_users (id)
);
create unique index nexora_agent_grants_live on nexora_agent_grants (user_id, agent) where revoked_at is null;

create table nexora_capability_policies (
    kind text not null,
    action text not null,
    risk text not null check (risk in ('critical', 'high', 'low', 'medium')),
    verdict text not null check (verdict in ('allow', 'ask', 'refuse')),
    changed_at timestamptz not null default now(),
    primary key (kind, action, risk)
);

create table nexora_approval_requests (
    id uuid primary key,
    card_id text not null unique,
    code text not null,
    kind text not null check (kind in ('admission', 'tool_call')),
    status text not null default 'pending'
        check (status in ('approved', 'cancelled', 'denied', 'expired', 'pending')),
    requester_id uuid references nexora_users (id),
    requester_name text not null default '',
    agent text not null default '',
    conversation text not null default '',
    subject jsonb not null,
    digest text not null,
    risk text not null,
    because text not null,
    decider_role text not null default 'admin',
    quorum integer not null default 1 check (quorum >= 1),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid references nexora_users (id),
    choice text,
    reason text not null default ''
);
create unique index nexora_approval_requests_code on nexora_approval_requests (code) where status = 'pending';
create index nexora_approval_requests_expiry on nexora_approval_requests (expires_at) where status = 'pending';

create table nexora_decisions (
    request_id uuid not null references nexora_approval_requests (id),
    user_id uuid not null references nexora_users (id),
    choice text not null,
    reason text not null default '',
    at timestamptz not null,
    channel text not null,
    account_id text not null,
    primary key (request_id, user_id)
);

create table nexora_card_copies (
    request_id uuid not null references nexora_approval_requests (id),
    outbox_key text not null primary key,
    channel text not null,
    user_id uuid references nexora_users (id)
);
create index nexora_card_copies_request on nexora_card_copies (request_id);

create table nexora_tool_grants (
    id uuid primary key,
    code text not null unique,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    conversation text not null,
    tool text not null,
    pattern text not null,
    request_id uuid references nexora_approval_requests (id),
    granted_by uuid not null references nexora_users (id),
    granted_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by uuid references nexora_users (id)
);
create index nexora_tool_grants_live on nexora_tool_grants (conversation, tool) where revoked_at is null;

-- Conversations, turns and calls -------------------------------------------------------------------------------------
create table nexora_conversations (
    key text primary key,
    channel text not null,
    room text not null,
    thread text not null default '',
    user_id uuid references nexora_users (id),
    agent text not null default '',
    title text not null default '',
    context_from bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index nexora_conversations_user on nexora_conversations (user_id, updated_at desc);

create table nexora_turns (
    id uuid primary key,
    conversation text not null references nexora_conversations (key),
    user_id uuid not null references nexora_users (id),
    agent text not null,
    state text not null check (state in ('done', 'failed', 'running', 'stopped')),
    sight jsonb,
    started_at timestamptz not null,
    ended_at timestamptz
);
create index nexora_turns_conversation on nexora_turns (conversation, started_at);

create table nexora_messages (
    id bigint generated always as identity primary key,
    conversation text not null references nexora_conversations (key),
    turn_id uuid not null,
    step integer not null,
    agent text not null default '',
    role text not null check (role in ('assistant', 'system', 'tool', 'user')),
    body text not null,
    at timestamptz not null default now(),
    unique (turn_id, step)
);
create index nexora_messages_conversation on nexora_messages (conversation, id);

create table nexora_calls (
    id uuid primary key,
    conversation text not null,
    turn_id uuid not null,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    tool text not null,
    arguments jsonb not null,
    digest text not null,
    state text not null check (state in ('approved', 'denied', 'done', 'pending', 'running', 'unknown')),
    request_id uuid unique references nexora_approval_requests (id),
    owner text,
    result text,
    created_at timestamptz not null,
    changed_at timestamptz not null
);
create index nexora_calls_conversation on nexora_calls (conversation, created_at);

-- The bus ------------------------------------------------------------------------------------------------------------
create table nexora_inbox (
    id bigint generated always as identity primary key,
    channel text not null,
    event_id text not null,
    lane text not null,
    body text not null,
    state text not null default 'ready' check (state in ('dead', 'done', 'ready', 'running')),
    owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    error text not null default '',
    not_before timestamptz,
    published_at timestamptz not null default now(),
    done_at timestamptz,
    unique (channel, event_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index nexora_inbox_todo on nexora_inbox (lane, id) where state in ('ready', 'running');
create index nexora_inbox_ready on nexora_inbox (id) where state = 'ready';
create unique index nexora_inbox_running on nexora_inbox (lane) where state = 'running';
create index nexora_inbox_leases on nexora_inbox (lease_until) where state = 'running';
create index nexora_inbox_dead on nexora_inbox (id) where state = 'dead';
create index nexora_inbox_done on nexora_inbox (done_at) where state = 'done';

create table nexora_outbox (
    id bigint generated always as identity primary key,
    key text not null unique,
    channel text not null,
    lane text not null,
    body text not null,
    state text not null default 'ready' check (state in ('dead', 'done', 'ready', 'running')),
    owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    error text not null default '',
    not_before timestamptz,
    expires_at timestamptz,
    ref jsonb,
    queued_at timestamptz not null default now(),
    done_at timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index nexora_outbox_todo on nexora_outbox (lane, id) where state in ('ready', 'running');
create index nexora_outbox_ready on nexora_outbox (id) where state = 'ready';
create unique index nexora_outbox_running on nexora_outbox (lane) where state = 'running';
create index nexora_outbox_leases on nexora_outbox (lease_until) where state = 'running';
create index nexora_outbox_dead on nexora_outbox (id) where state = 'dead';
create index nexora_outbox_done on nexora_outbox (done_at) where state = 'done';

create unlogged table nexora_stream (
    topic text not null,
    seq bigint not null,
    body text not null,
    at timestamptz not null default now(),
    primary key (topic, seq)
);
create index nexora_stream_at on nexora_stream (at);

-- The console is a channel without a platform behind it, so what was said there is kept here.
create table nexora_console_messages (
    id bigint generated always as identity primary key,
    room text not null,
    key text not null unique,
    body text not null,
    at timestamptz not null default now()
);
create index nexora_console_messages_room on nexora_console_messages (room, id);

-- The record ---------------------------------------------------------------------------------------------------------
create table nexora_audit_events (
    writer text not null,
    seq bigint not null,
    at timestamptz not null,
    actor text not null,
    actor_name text not null default '',
    tag text not null,
    resource text not null default '',
    status text not null check (status in ('denied', 'failed', 'ok')),
    address text not null default '',
    user_agent text not null default '',
    detail text not null default '{}',
    previous text not null,
    digest text not null,
    primary key (writer, seq)
);
create index nexora_audit_events_at on nexora_audit_events (at);
create index nexora_audit_events_actor on nexora_audit_events (actor, at);

create table nexora_audit_checkpoints (
    seq bigint primary key,
    at timestamptz not null,
    heads text not null,
    previous text not null,
    signature text not null
);

create function nexora_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed or removed';
end $$;
create trigger nexora_audit_events_fixed before update or delete on nexora_audit_events
    for each row execute function nexora_refuse_change();
create trigger nexora_audit_events_kept before truncate on nexora_audit_events
    for each statement execute function nexora_refuse_change();
create trigger nexora_audit_checkpoints_fixed before update or delete on nexora_audit_checkpoints
    for each row execute function nexora_refuse_change();
create trigger nexora_audit_checkpoints_kept before truncate on nexora_audit_checkpoints
    for each statement execute function nexora_refuse_change();

create table nexora_token_usage (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    provider text not null,
    model text not null,
    channel text not null,
    conversation text not null,
    turn_id uuid,
    purpose text not null default 'turn' check (purpose in ('title', 'turn')),
    input_tokens integer not null,
    output_tokens integer not null,
    cached_tokens integer not null default 0,
    cost_usd numeric(14, 8)
);
create index nexora_token_usage_at on nexora_token_usage (at);
create index nexora_token_usage_user on nexora_token_usage (user_id, at);

-- Settings that live with the data -----------------------------------------------------------------------------------
create table nexora_governance (
    key text primary key,
    value text not null,
    changed_at timestamptz not null default now()
);
create table nexora_runtime_config (
    key text primary key,
    value jsonb not null,
    changed_at timestamptz not null default now()
);
