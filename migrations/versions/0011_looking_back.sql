-- What was used by day, so that looking back does not read every call again. Filled by the gateway once a day is over.
create table nexora_token_usage_days (
    day date not null,
    user_id uuid not null references nexora_users (id),
    agent text not null,
    provider text not null,
    model text not null,
    channel text not null,
    conversation text not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cached_tokens bigint not null,
    calls bigint not null,
    unpriced_calls bigint not null,
    estimated_calls bigint not null,
    cost_usd numeric(20, 8),
    primary key (day, user_id, agent, provider, model, channel, conversation)
);
create index nexora_token_usage_days_user on nexora_token_usage_days (user_id, day);

-- For the filters of the record: the beginning of a tag, and a name in any case.
create index nexora_audit_events_tag on nexora_audit_events (tag text_pattern_ops, at);
create index nexora_audit_events_actor_name on nexora_audit_events (lower(actor_name), at);

-- Those who ask to come in, however many are linked.
create index nexora_accounts_asking on nexora_accounts (changed_at) where state in ('refused', 'waiting');
