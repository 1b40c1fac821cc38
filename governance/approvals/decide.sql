-- name: insert_request
insert into nexora_approval_requests (id, card_id, code, kind, requester_id, requester_name, agent, conversation, subject,
    digest, risk, because, decider_role, quorum, created_at, expires_at,
    requester_channel, requester_account, requester_account_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    coalesce(nullif($19, ''), (select a.name from nexora_accounts a where a.channel = $17 and a.account_id = $18), ''))
on conflict do nothing
returning id

-- name: deciders
select u.id, u.name, u.display_name, coalesce(nullif(u.language, ''), 'en') as language, u.time_zone, a.channel, a.account_id, a.name as account_name
from nexora_users u
left join nexora_accounts a on a.user_id = u.id and a.state = 'linked'
where u.status = 'active' and u.role in ($1, 'admin') and u.id is distinct from $2
order by u.name, a.channel, a.account_id

-- name: to_be_listed
update nexora_approval_requests set is_told = false where id = $1

-- name: list_now
with told as (
    update nexora_approval_requests set is_told = true
    where not is_told and status = 'pending' and subject ->> 'channel' = $1
    returning code, created_at, subject
)
select code, subject ->> 'account_name' as name, subject ->> 'account_id' as account, subject ->> 'said' as said
from told order by created_at

-- name: channels_to_list
select distinct subject ->> 'channel' as channel from nexora_approval_requests where not is_told and status = 'pending'

-- name: keep_later
update nexora_approval_requests set subject = jsonb_set(subject, '{later}', $2::jsonb) where id = $1

-- name: later_is_full
update nexora_approval_requests set subject = jsonb_set(subject, '{is_full}', 'true') where id = $1

-- name: count_deciders
select count(*) from nexora_users where status = 'active' and role in ($1, 'admin') and id <> $2

-- name: add_copy
insert into nexora_card_copies (request_id, outbox_key, channel, user_id)
select $1, k, c, p from unnest($2::text[], $3::text[], $4::uuid[]) as u (k, c, p)
on conflict do nothing

-- name: copies
select c.outbox_key, o.body, o.ref, coalesce(nullif(u.language, ''), 'en') as language, c.user_id
from nexora_card_copies c
join nexora_outbox o on o.key = c.outbox_key
left join nexora_users u on u.id = c.user_id
where c.request_id = $1
order by o.id

-- A message that stands in a room already, as if it had been sent from here.
-- name: take_in
with sent as (
    insert into nexora_outbox (key, channel, lane, body, state, ref, done_at)
    values ($2, $3, $5, $6, 'done', $7::jsonb, now())
    on conflict (key) do nothing
)
insert into nexora_card_copies (request_id, outbox_key, channel, user_id) values ($1, $2, $3, $4)
on conflict do nothing

-- name: find
select r.*, d.display_name as decider_display, d.name as decider_name, r.ended_channel as decider_channel,
    r.ended_account as decider_account, r.ended_account_name as decider_account_name, c.state as call_state, c.why as call_why
from nexora_approval_requests r left join nexora_users d on d.id = r.decided_by
left join nexora_calls c on c.request_id = r.id
where ($1::text is not null and r.card_id = $1) or ($2::uuid is not null and r.id = $2)
    or ($3::text is not null and r.code = $3)
order by (r.status = 'pending') desc, r.created_at desc limit 1

-- name: lock
select id from nexora_approval_requests where id = $1 for update

-- name: decider_now
select role, status from nexora_users where id = $1

-- Whoever has approved may still deny; nobody is counted twice.
-- name: add_decision
insert into nexora_decisions (request_id, user_id, choice, reason, at, channel, account_id)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (request_id, user_id) do update set choice = excluded.choice, reason = excluded.reason, at = excluded.at,
    channel = excluded.channel, account_id = excluded.account_id
where nexora_decisions.choice <> excluded.choice
returning xmax = 0 as is_first

-- Whoever asked and those who approved, as they stand now, held so until the transaction ends. Where there is one
-- admin only, who asked and confirmed it, that counts as long as there is no other.
-- name: concerned_now
select u.id, u.status, u.role, u.id = $2 as has_asked, exists (
    select 1 from nexora_decisions d where d.request_id = $1 and d.user_id = u.id and d.choice <> 'd'
) as has_approved, (select count(*) = 1 from nexora_users where status = 'active' and role = 'admin') as is_only, exists (
    select 1 from nexora_agent_grants g
    where g.user_id = u.id and g.agent = $3 and g.revoked_at is null and (g.expires_at is null or g.expires_at > $4)
) as may_use
from nexora_users u
where u.id = $2 or u.id in (select d.user_id from nexora_decisions d where d.request_id = $1 and d.choice <> 'd')
order by u.id
for share of u

-- Whether somebody who began to work with an agent was shut out since, or lost that agent.
-- name: taken_since
select u.status <> 'active' as is_out, exists (
    select from nexora_agent_grants g where g.user_id = u.id and g.agent = $2
) and not exists (
    select from nexora_agent_grants g
    where g.user_id = u.id and g.agent = $2 and g.revoked_at is null and (g.expires_at is null or g.expires_at > $3)
) as has_lost
from nexora_users u where u.id = $1

-- name: approvals_so_far
select d.user_id, u.display_name as decider_display, u.name as decider_name, d.channel as decider_channel,
    d.account_id as decider_account, a.name as decider_account_name
from nexora_decisions d join nexora_users u on u.id = d.user_id
left join nexora_accounts a on a.channel = d.channel and a.account_id = d.account_id
where d.request_id = $1 and d.choice <> 'd' order by d.at

-- name: close
update nexora_approval_requests
set status = $2, decided_at = $3, decided_by = $4, choice = $5, reason = $6,
    ended_channel = $7, ended_account = $8, ended_account_name = coalesce(
        nullif($9, ''), (select a.name from nexora_accounts a where a.channel = $7 and a.account_id = $8), '')
where id = $1 and status = 'pending'
returning id

-- name: close_call
update nexora_calls set changed_at = $3,
    state = case $2 when 'approved' then 'approved' when 'denied' then 'refused' else 'lapsed' end
where request_id = $1 and state = 'pending'

-- Those of other kinds wait a while longer, for a gateway that knows what their end sets off.
-- name: expired
select id from nexora_approval_requests
where status = 'pending' and expires_at <= case when kind = any($2::text[]) then $1::timestamptz else $3::timestamptz end
order by expires_at limit 50

-- name: approved_before
select request_id from nexora_calls where state = 'approved' and changed_at <= $1 order by changed_at limit 50

-- name: lapse
with call as (
    update nexora_calls set state = 'lapsed', result = 'The approval ran out before the call could run.', why = $4,
        changed_at = $2
    where request_id = $1 and state = 'approved' and changed_at <= $3
    returning request_id
)
update nexora_approval_requests r set status = 'expired' from call where r.id = call.request_id and r.status = 'approved'
returning r.id

-- name: pending
select r.*, d.display_name as decider_display, d.name as decider_name, r.ended_channel as decider_channel,
    r.ended_account as decider_account, r.ended_account_name as decider_account_name, c.state as call_state, c.why as call_why
from nexora_approval_requests r left join nexora_users d on d.id = r.decided_by
left join nexora_calls c on c.request_id = r.id
where r.status = 'pending' and case when r.subject ->> 'person_id' is not null then r.subject ->> 'person_id' = ($2::uuid)::text
    else $1 or r.requester_id = $2 or r.decider_role = $3 end
order by r.created_at

-- The cards of what waits, as they were sent to a person on a channel; those of several requests stand once.
-- name: cards_of
select body from (
    select o.body, min(r.created_at) as asked_at
    from nexora_card_copies c
    join nexora_approval_requests r on r.id = c.request_id and r.status = 'pending'
    join nexora_outbox o on o.key = c.outbox_key
    where c.channel = $1 and c.user_id = $2
    group by o.body
    union all
    select o.body, min(r.created_at)
    from nexora_batch_copies c
    join nexora_batches b on b.id = c.batch_id
    join nexora_approval_requests r on r.id = any(b.request_ids) and r.status = 'pending'
    join nexora_outbox o on o.key = c.outbox_key
    where o.channel = $1 and c.user_id = $2
    group by o.body
) as waits
order by asked_at limit 50

-- name: pending_of
select id from nexora_approval_requests
where conversation = $1 and conversation <> '' and status = 'pending' and kind = any($2::text[]) order by id

-- name: recent
select r.*, d.display_name as decider_display, d.name as decider_name, r.ended_channel as decider_channel,
    r.ended_account as decider_account, r.ended_account_name as decider_account_name, c.state as call_state, c.why as call_why
from nexora_approval_requests r left join nexora_users d on d.id = r.decided_by
left join nexora_calls c on c.request_id = r.id
where r.status <> 'pending' and ($1 or r.requester_id = $2)
order by r.decided_at desc limit $3

-- name: reissue
update nexora_approval_requests r set code = $2
where r.id = $1 and r.status = 'pending'
    and not exists (select from nexora_approval_requests o where o.code = $2 and o.status = 'pending')
returning r.code;
