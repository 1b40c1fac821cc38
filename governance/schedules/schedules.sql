-- name: next_number
select coalesce(max(number), 0) + 1 from nexora_schedules where owner_id = $1

-- name: hold_owner
select id from nexora_users where id = $1 for update

-- name: count
select count(*) from nexora_schedules where owner_id = $1 and state in ('active', 'paused')

-- name: add
insert into nexora_schedules (id, number, owner_id, agent, words, timing, time_zone, missed, channel, room, thread,
    account_id, is_direct, made_channel, made_account, next_at, made_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)

-- name: of
select * from nexora_schedules where owner_id = $1 and state in ('active', 'paused') order by next_at nulls last, number

-- name: one
select * from nexora_schedules where owner_id = $1 and number = $2

-- name: hold
select * from nexora_schedules where owner_id = $1 and number = $2 for update

-- name: change
update nexora_schedules set words = $2, timing = $3, time_zone = $4, missed = $5, channel = $6, room = $7, thread = $8,
    account_id = $9, is_direct = $10, state = $11, why = $12, next_at = $13, failures = $14, changed_at = $15
where id = $1

-- name: active_of
select * from nexora_schedules where state = 'active' and owner_id = $1 for update

-- name: ahead
select * from nexora_schedules where state = 'active' and next_at > $1 and id > $2 order by id limit $3
for update skip locked

-- name: moved
update nexora_schedules as s set next_at = m.next_at
from unnest($1::uuid[], $2::timestamptz[]) as m (id, next_at) where s.id = m.id

-- name: end_of
update nexora_schedules set state = 'ended', why = $2, next_at = null, changed_at = $3
where owner_id = $1 and state in ('active', 'paused') returning number

-- name: due
select * from nexora_schedules where state = 'active' and next_at <= $1 order by next_at limit $2 for update skip locked

-- name: fired
update nexora_schedules as s set next_at = m.next_at, state = m.state, why = m.why
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as m (id, next_at, state, why) where s.id = m.id

-- name: add_runs
insert into nexora_schedule_runs (id, schedule_id, turn_id, due_at, fired_at, is_late, outcome)
select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::text[])
on conflict (id) do nothing

-- name: soonest
select min(next_at) from nexora_schedules where state = 'active'

-- What a turn used is looked for from when it began, since calls are found by their time.
-- name: runs
select r.*, u.cost_usd, u.calls
from nexora_schedule_runs r
join nexora_schedules s on s.id = r.schedule_id
cross join lateral (
    select sum(t.cost_usd) as cost_usd, count(*) as calls from nexora_token_usage t
    where t.turn_id = r.turn_id and t.user_id = s.owner_id and t.at >= r.fired_at
        and t.at < r.fired_at + interval '1 day'
) u
where r.schedule_id = $1 order by r.fired_at desc limit $2

-- name: over
select r.id, r.schedule_id, coalesce(t.state, 'failed') as outcome
from nexora_schedule_runs r
join nexora_inbox i on i.channel = 'nexora' and i.event_id = r.id and i.state in ('dead', 'done')
left join nexora_turns t on t.id = r.turn_id
where r.outcome = 'begun' and (t.state is null or t.state <> 'running')
order by r.fired_at limit 100 for update of r skip locked

-- name: settle
update nexora_schedule_runs set outcome = $2 where id = $1

-- name: went_well
update nexora_schedules set failures = 0 where id = $1 and failures > 0

-- name: went_wrong
update nexora_schedules set failures = failures + 1 where id = $1 returning *

-- name: pause
update nexora_schedules set state = 'paused', why = $2, next_at = null, failures = 0, changed_at = $3 where id = $1

-- name: forget
delete from nexora_schedules where state in ('ended', 'removed') and changed_at < $1

-- name: forget_runs
delete from nexora_schedule_runs where fired_at < $1 and outcome <> 'begun'
