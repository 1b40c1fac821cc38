-- name: add
insert into nexora_token_usage (at, user_id, agent, provider, model, channel, conversation, turn_id, purpose,
    input_tokens, output_tokens, cached_tokens, cost_usd, is_estimated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- Labels are looked up once a group, after the sums.
-- name: sums
with sums as (
    select case $1::text
            when 'agent' then agent
            when 'channel' then channel
            when 'conversation' then conversation
            when 'day' then to_char(at at time zone 'UTC', 'YYYY-MM-DD')
            when 'model' then provider || '/' || model
            when 'person' then user_id::text
            else ''
        end as key,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cached_tokens)::bigint as cached_tokens,
        count(*) as calls,
        count(*) filter (where cost_usd is null) as unpriced_calls,
        count(*) filter (where is_estimated) as estimated_calls,
        sum(cost_usd) as cost_usd
    from nexora_token_usage
    where at >= $2 and at < $3 and ($4::uuid is null or user_id = $4)
    group by 1
)
select sums.*, coalesce(
    case $1::text
        when 'conversation' then (
            select nullif(c.title, '') from nexora_conversations c where c.key = sums.key
        )
        when 'person' then (
            select coalesce(nullif(u.display_name, ''), u.name) from nexora_users u where u.id::text = sums.key
        )
    end, sums.key) as label
from sums;
