-- name: one_at_a_time
select pg_advisory_xact_lock(hashtextextended(who, 0))
from unnest($1::text[]) with ordinality as keys (who, n) order by n;

-- name: wrong
select address as who, count(*) as count, max(at) as latest from nexora_login_failures
where address = any ($1::text[]) and at > $2 and at <= $3 group by address;

-- name: note_wrong
with old as (delete from nexora_login_failures where at <= $3)
insert into nexora_login_failures (address, at) select who, $2 from unnest($1::text[]) as keys (who);

-- name: forget_wrong
delete from nexora_login_failures where address = any ($1::text[]);

-- name: forget_name
delete from nexora_login_failures where address = $1 or starts_with(address, $1 || ' at ');

-- name: password_of
select password_hash from nexora_users where id = $1;

-- name: hold_same
select id from nexora_users where id = $1 and password_hash = $2 and status = 'active' for update;

-- name: is_familiar
select exists (select 1 from nexora_sessions where user_id = $1 and address = $2 and $2 <> '');
