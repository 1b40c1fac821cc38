-- name: one_at_a_time
select pg_advisory_xact_lock(hashtextextended($1, 0));

-- name: count_wrong
select count(*) from nexora_code_attempts where who = $1 and at > $2 and at <= $3;

-- name: note_wrong
with old as (delete from nexora_code_attempts where at <= $3)
insert into nexora_code_attempts (who, at) values ($1, $2);

-- name: end_codes_of_account
update nexora_codes set used_at = $3
where purpose = 'link_from_chat' and channel = $1 and account_id = $2 and used_at is null;

-- name: end_codes_of_person
update nexora_codes set used_at = $2 where purpose = 'link_from_console' and user_id = $1 and used_at is null;

-- name: create_from_chat
insert into nexora_codes (digest, purpose, channel, account_id, account_name, expires_at)
values ($1, 'link_from_chat', $2, $3, $4, $5);

-- name: create_from_console
insert into nexora_codes (digest, purpose, user_id, expires_at) values ($1, 'link_from_console', $2, $3);

-- name: look_from_chat
select channel, account_id, account_name from nexora_codes
where digest = $1 and purpose = 'link_from_chat' and used_at is null and expires_at > $2;

-- name: use_from_chat
update nexora_codes set used_at = $2
where digest = $1 and purpose = 'link_from_chat' and used_at is null and expires_at > $2
returning channel, account_id, account_name;

-- name: use_from_console
update nexora_codes set used_at = $2
where digest = $1 and purpose = 'link_from_console' and used_at is null and expires_at > $2
returning user_id;

-- name: link
insert into nexora_accounts (channel, account_id, name, user_id, state, changed_at)
values ($1, $2, $3, $4, 'linked', $5)
on conflict (channel, account_id) do update
set user_id = excluded.user_id, state = 'linked', changed_at = excluded.changed_at, request_id = null,
    name = case when excluded.name = '' then nexora_accounts.name else excluded.name end
where nexora_accounts.user_id is null or nexora_accounts.user_id = excluded.user_id
returning account_id;

-- name: owner
select user_id from nexora_accounts where channel = $1 and account_id = $2 and state = 'linked';

-- name: signs_in
select password_hash is not null from nexora_users where id = $1;

-- name: asked_by
select request_id from nexora_accounts where channel = $1 and account_id = $2 and state = 'waiting';

-- name: unlink
with before as (
    select user_id from nexora_accounts
    where channel = $1 and account_id = $2 and state = 'linked' and ($4::uuid is null or user_id = $4) for update
)
update nexora_accounts a set state = 'unlinked', user_id = null, changed_at = $3
from before where a.channel = $1 and a.account_id = $2
returning before.user_id;

-- name: wait
insert into nexora_accounts (channel, account_id, name, state, room, request_id, changed_at)
values ($1, $2, $3, 'waiting', $4, $5, $6)
on conflict (channel, account_id) do update
set name = excluded.name, state = 'waiting', room = excluded.room, request_id = excluded.request_id,
    changed_at = excluded.changed_at
where nexora_accounts.state = 'unlinked'
    or (nexora_accounts.state = 'waiting' and not exists (
        select from nexora_approval_requests r where r.id = nexora_accounts.request_id and r.status = 'pending'
    ))
returning account_id;

-- name: refuse
insert into nexora_accounts (channel, account_id, name, state, changed_at) values ($1, $2, $3, 'refused', $4)
on conflict (channel, account_id) do update set state = 'refused', changed_at = excluded.changed_at
where nexora_accounts.state <> 'linked'
returning account_id;

-- name: get
select a.channel, a.account_id, a.name, a.user_id, a.state, a.room, a.request_id, a.changed_at,
    coalesce(u.name, '') as person
from nexora_accounts a left join nexora_users u on u.id = a.user_id
where a.channel = $1 and a.account_id = $2;

-- name: of
select a.channel, a.account_id, a.name, a.user_id, a.state, a.room, a.request_id, a.changed_at,
    coalesce(u.name, '') as person
from nexora_accounts a left join nexora_users u on u.id = a.user_id
where a.user_id = $1 order by a.channel, a.account_id;

-- name: asking
select a.channel, a.account_id, a.name, a.user_id, a.state, a.room, a.request_id, a.changed_at, '' as person
from nexora_accounts a where a.state in ('refused', 'waiting')
order by a.state = 'refused', a.changed_at desc, a.channel, a.account_id limit $1;

-- name: of_people
select a.channel, a.account_id, a.name, a.user_id, a.state, a.room, a.request_id, a.changed_at, u.name as person
from nexora_accounts a join nexora_users u on u.id = a.user_id
where a.user_id = any($1) order by a.changed_at desc, a.channel, a.account_id;

-- name: page
select a.channel, a.account_id, a.name, a.user_id, a.state, a.room, a.request_id, a.changed_at,
    coalesce(u.name, '') as person
from nexora_accounts a left join nexora_users u on u.id = a.user_id
where (a.channel, a.account_id) > ($1, $2) order by a.channel, a.account_id limit $3;

-- name: let_go
update nexora_accounts set state = 'unlinked', changed_at = $3
where channel = $1 and account_id = $2 and state = 'waiting'
