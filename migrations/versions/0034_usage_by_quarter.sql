-- Usage by quarters of an hour instead of days of UTC: in every zone days begin with one. The gateway fills it from the
-- calls, which are all kept; until it has, sums are made from the calls themselves.
create table nexora_token_usage_quarters (
    quarter timestamptz not null,
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
    primary key (quarter, user_id, agent, provider, model, channel, conversation)
);
create index nexora_token_usage_quarters_user on nexora_token_usage_quarters (user_id, quarter);
drop table nexora_token_usage_days;
