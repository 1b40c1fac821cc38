-- name: add
insert into nexora_token_usage (at, user_id, agent, provider, model, channel, conversation, turn_id, purpose,
    input_tokens, output_tokens, cached_tokens, cost_usd, is_estimated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- Whole days that are rolled up come from their table, the rest from the calls: what is before the first whole day, and
-- what is after the last rolled one. Labels are looked up once a group, after the sums.
-- name: sums
with asked as (
    select date_bin('1 day', $2::timestamptz - interval '1 microsecond', 'epoch') + interval '1 day' as first_day,
        date_bin('1 day', $3::timestamptz, 'epoch') as last_end,
        coalesce((select max(day) + 1 from nexora_token_usage_days)::timestamp at time zone 'UTC', '-infinity') as rolled_end
), bounds as (
    select first_day, greatest(first_day, least(last_end, rolled_end)) as rest from asked
), used as (
    select d.user_id, d.agent, d.provider, d.model, d.channel, d.conversation, d.day, d.input_tokens, d.output_tokens,
        d.cached_tokens, d.calls, d.unpriced_calls, d.estimated_calls, d.cost_usd
    from bounds b, nexora_token_usage_days d
    where d.day >= (b.first_day at time zone 'UTC')::date and d.day < (b.rest at time zone 'UTC')::date
        and ($4::uuid is null or d.user_id = $4)
    union all
    select t.user_id, t.agent, t.provider, t.model, t.channel, t.conversation, (t.at at time zone 'UTC')::date,
        t.input_tokens, t.output_tokens, t.cached_tokens, 1, (t.cost_usd is null)::int, t.is_estimated::int, t.cost_usd
    from bounds b, lateral (
        select * from nexora_token_usage e
        where e.at >= $2 and e.at < least($3, b.first_day) and ($4::uuid is null or e.user_id = $4)
        union all
        select * from nexora_token_usage l
        where l.at >= greatest($2, b.rest) and l.at < $3 and ($4::uuid is null or l.user_id = $4)
    ) as t
), sums as (
    select case $1::text
            when 'agent' then agent
            when 'channel' then channel
            when 'conversation' then conversation
            when 'day' then to_char(day, 'YYYY-MM-DD')
            when 'model' then provider || '/' || model
            when 'person' then user_id::text
            else ''
        end as key,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cached_tokens)::bigint as cached_tokens,
        sum(calls)::bigint as calls,
        sum(unpriced_calls)::bigint as unpriced_calls,
        sum(estimated_calls)::bigint as estimated_calls,
        sum(cost_usd) as cost_usd
    from used group by 1
)
select sums.*, coalesce(
    case $1::text
        when 'conversation' then (
            select nullif(c.title, '') from nexora_conversations c where c.key = sums.key
        )
    end, sums.key) as label, coalesce(u.name, '') as name, coalesce(u.display_name, '') as shown
from sums left join nexora_users u on $1::text = 'person' and u.id::text = sums.key;

-- name: take_turns
select pg_advisory_xact_lock(hashtextextended('nexora_token_usage_days', 0));

-- name: roll_up
with rolled as (
    insert into nexora_token_usage_days (day, user_id, agent, provider, model, channel, conversation,
        input_tokens, output_tokens, cached_tokens, calls, unpriced_calls, estimated_calls, cost_usd)
    select (at at time zone 'UTC')::date, user_id, agent, provider, model, channel, conversation,
        sum(input_tokens), sum(output_tokens), sum(cached_tokens), count(*), count(*) filter (where cost_usd is null),
        count(*) filter (where is_estimated), sum(cost_usd)
    from nexora_token_usage
    where at < $1 and at >= coalesce(
        (select max(day) + 1 from nexora_token_usage_days)::timestamp at time zone 'UTC', '-infinity')
    group by 1, 2, 3, 4, 5, 6, 7
    returning day
)
select count(distinct day) from rolled;
