-- name: open
select c.agent, c.title, coalesce(c.context_from, 0) as context_from,
    (select max(m.id) from nexora_messages m where m.conversation = $1) as newest,
    t.state as turn_state, t.sight, exists (
        select 1 from nexora_refused_asks a where a.conversation = $1
            and (a.lifted_in is null or (a.is_quiet and (a.told_in is null or a.told_in = $2)))
    ) as has_refused, exists (
        select 1 from nexora_background b where b.conversation = $1
            and b.state not in ('ending', 'running') and (b.told_in is null or b.told_in = $2)
    ) as has_ended
from (select $1::text as key) k left join nexora_conversations c on c.key = k.key
left join nexora_turns t on t.id = $2

-- name: history
select id, turn_id, body, outcome from nexora_messages
where conversation = $1 and id > $2 and turn_id is distinct from $4 order by id desc limit $3

-- name: summary
select words, has_outsiders from nexora_summaries where conversation = $1 and up_to = $2

-- name: to_fold
select m.id, m.turn_id, m.role, m.body, m.outcome, coalesce(t.state, '') = 'running' as is_running
from nexora_messages m left join nexora_turns t on t.id = m.turn_id
where m.conversation = $1 and m.id > $2 order by m.id limit $3

-- name: context_from
select context_from from nexora_conversations where key = $1

-- name: fold
with moved as (
    update nexora_conversations set context_from = $2 where key = $1 and context_from = $3 returning key
)
insert into nexora_summaries
    (conversation, up_to, words, has_outsiders, made_by, input_tokens, output_tokens, before, after, at)
select key, $2, $4, $5, $6, $7, $8, $9, $10, $11 from moved
returning up_to

-- name: begin_anew
update nexora_conversations set context_from = greatest(context_from, $2) where key = $1

-- name: own
select step, body, outcome from nexora_messages where turn_id = $1 order by step

-- name: write
with conversation as (
    insert into nexora_conversations (key, channel, room, thread, user_id, agent, title, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    on conflict (key) do update set updated_at = excluded.updated_at,
        title = case when nexora_conversations.title = '' then excluded.title else nexora_conversations.title end
), turn as (
    insert into nexora_turns (id, conversation, user_id, agent, state, started_at, ended_at)
    values ($9, $1, $5, $6, $10, $11, case when $10 <> 'running' then $8 end)
    on conflict (id) do update set state = excluded.state, ended_at = excluded.ended_at
)
insert into nexora_messages (conversation, turn_id, step, agent, role, body, outcome, at)
select $1, $9, s, $6, r, b, o, $8
from unnest($12::int[], $13::text[], $14::text[], $15::text[]) with ordinality as u (s, r, b, o, n) order by n
on conflict (turn_id, step) do nothing
returning id, (select max(m.id) from nexora_messages m where m.conversation = $1) as before

-- name: keep_live
with conversation as (
    insert into nexora_conversations (key, channel, room, thread, user_id, agent, title, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    on conflict (key) do nothing
)
insert into nexora_turns (id, conversation, user_id, agent, state, started_at, sight)
values ($9, $1, $5, $6, 'running', $10, $11::jsonb)
on conflict (id) do update set sight = excluded.sight

-- name: answered_before
select exists (select 1 from nexora_turns where conversation = $1 and state = 'done' and id <> $2)

-- name: set_title
update nexora_conversations set title = $2 where key = $1

-- name: add_calls
insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state, request_id, asked_as,
    owner, created_at, changed_at)
select i, $1, $2, $3, $4, t, a::jsonb, d, s, r, n, $5, $6, $6
from unnest($7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[])
    as u (i, t, a, d, s, r, n)

-- name: pending_same
select r.code from nexora_calls c join nexora_approval_requests r on r.id = c.request_id
where c.conversation = $1 and c.digest = $2 and c.state = 'pending' and r.status = 'pending' limit 1

-- name: end_call
update nexora_calls c set state = $3, result = $4, why = $5, changed_at = $6, seconds = $7
where c.id = $1 and c.state = $2
returning c.request_id, c.user_id, c.agent, c.conversation, c.tool, c.digest, c.turn_id,
    (select u.name from nexora_users u where u.id = c.user_id) as who

-- name: end_turn
update nexora_turns set state = 'failed', ended_at = $2 where id = $1 and state = 'running'

-- name: of_request
select c.*, r.code, r.digest as asked_digest, r.status as request_status, r.choice, r.reason, r.decider_role, r.quorum,
    d.name as decider, d.display_name as decider_display, r.subject,
    r.requester_channel, r.requester_account, r.requester_account_name
from nexora_calls c join nexora_approval_requests r on r.id = c.request_id
left join nexora_users d on d.id = r.decided_by
where r.id = $1

-- name: claim_call
update nexora_calls set state = 'running', owner = $2, changed_at = $3 where id = $1 and state = 'approved' returning id

-- name: calls_of_turn
select c.id, c.asked_as, c.state, c.tool, r.code from nexora_calls c
left join nexora_approval_requests r on r.id = c.request_id
where c.conversation = $1 and c.turn_id = $2

-- name: address
select channel, room, thread from nexora_conversations where key = $1
