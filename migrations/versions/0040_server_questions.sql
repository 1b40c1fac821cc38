-- A question waits within a call; what was answered is handed to the server and removed from here at once.
create table nexora_server_questions (
    id uuid primary key,
    card_id text not null unique,
    code text not null,
    server text not null,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    address text not null,
    conversation text not null,
    call_id uuid not null,
    message text not null,
    url text not null default '',
    fields text not null,
    answers text not null default '{}',
    step integer not null default 0,
    state text not null default 'asked'
        check (state in ('accepted', 'asked', 'cancelled', 'declined', 'expired', 'lapsed')),
    language text not null,
    zone text not null default '',
    changes integer not null default 0,
    asked_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    taken_at timestamptz
);
create unique index nexora_server_questions_code on nexora_server_questions (code) where state = 'asked';
create index nexora_server_questions_waiting on nexora_server_questions (expires_at) where taken_at is null;
