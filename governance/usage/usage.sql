-- name: add
insert into nexora_token_usage (at, user_id, agent, provider, model, channel, conversation, turn_id, purpose,
    input_tokens, output_tokens, cached_tokens, cost_usd, is_estimated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: cached_last
select input_tokens, cached_tokens from nexora_token_usage
where user_id = $1 and at > $3 and conversation = $2 and purpose = 'turn' order by at desc limit 1;

-- Whole quarters of an hour that are rolled up come from their table, the rest from the calls: what is before the first
-- whole one, and what is after the last rolled one. In every zone a day begins with a quarter; where each begins is given,
-- since the database knows fewer zones than the gateway. Labels are looked up once a group, after the sums.
-- name: sums
with asked as (
    select date_bin('15 min', $2::timestamptz - interval '1 microsecond', 'epoch') + interval '15 min' as first_quarter,
        date_bin('15 min', $3::timestamptz, 'epoch') as last_end,
        coalesce((select max(quarter) + interval '15 min' from nexora_token_usage_quarters), '-infinity') as rolled_end
), bounds as (
    select first_quarter, greatest(first_quarter, least(last_end, rolled_end)) as rest from asked
), used as (
    select q.user_id, q.agent, q.provider, q.model, q.channel, q.conversation, q.quarter as at, q.input_tokens,
        q.output_tokens, q.cached_tokens, q.calls, q.unpriced_calls, q.estimated_calls, q.cost_usd
    from bounds b, nexora_token_usage_quarters q
    where q.quarter >= b.first_quarter and q.quarter < b.rest and ($4::uuid is null or q.user_id = $4)
    union all
    select t.user_id, t.agent, t.provider, t.model, t.channel, t.conversation, t.at, t.input_tokens,
        t.output_tokens, t.cached_tokens, 1, (t.cost_usd is null)::int, t.is_estimated::int, t.cost_usd
    from bounds b, lateral (
        select * from nexora_token_usage e
        where e.at >= $2 and e.at < least($3, b.first_quarter) and ($4::uuid is null or e.user_id = $4)
        union all
        select * from nexora_token_usage l
        where l.at >= greatest($2, b.rest) and l.at < $3 and ($4::uuid is null or l.user_id = $4)
    ) as t
), sums as (
    select case $1::text
            when 'agent' then agent
            when 'channel' then channel
            when 'conversation' then conversation
            when 'day' then width_bucket(at, $5::timestamptz[])::text
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

-- name: purposes
select purpose as key, purpose as label, '' as name, '' as shown, sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens, sum(cached_tokens)::bigint as cached_tokens, count(*)::bigint as calls,
    count(*) filter (where cost_usd is null) as unpriced_calls, count(*) filter (where is_estimated) as estimated_calls,
    sum(cost_usd) as cost_usd
from nexora_token_usage where at >= $1 and at < $2 and ($3::uuid is null or user_id = $3) group by purpose;

-- What servers of others have asked of models: seldom, so it has an index of its own and is summed up nowhere.
-- name: sampled
select count(*)::bigint as calls, coalesce(sum(input_tokens + output_tokens), 0)::bigint as tokens
from nexora_token_usage
where purpose = 'sampling' and at >= $1 and at < $2 and ($3::uuid is null or user_id = $3);

-- name: times
select min(at), max(at) from nexora_token_usage where at >= $1 and at < $2;

-- name: take_turns
select pg_advisory_xact_lock(hashtextextended('nexora_token_usage_quarters', 0));

-- name: roll_up
with rolled as (
    insert into nexora_token_usage_quarters (quarter, user_id, agent, provider, model, channel, conversation,
        input_tokens, output_tokens, cached_tokens, calls, unpriced_calls, estimated_calls, cost_usd)
    select date_bin('15 min', at, 'epoch'), user_id, agent, provider, model, channel, conversation,
        sum(input_tokens), sum(output_tokens), sum(cached_tokens), count(*), count(*) filter (where cost_usd is null),
        count(*) filter (where is_estimated), sum(cost_usd)
    from nexora_token_usage
    where at < date_bin('15 min', $1::timestamptz, 'epoch') and at >= coalesce(
        (select max(quarter) + interval '15 min' from nexora_token_usage_quarters), '-infinity')
    group by 1, 2, 3, 4, 5, 6, 7
    returning quarter
)
select count(distinct quarter) from rolled;
