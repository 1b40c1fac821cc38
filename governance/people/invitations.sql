-- name: end_older
update nexora_codes set used_at = $3
where purpose = $1 and user_id is not distinct from $2 and used_at is null and $1 = 'set_password';

-- name: create
insert into nexora_codes (digest, purpose, user_id, expires_at) values ($1, $2, $3, $4);

-- name: find
select c.purpose, c.user_id, coalesce(u.name, '') as name
from nexora_codes c left join nexora_users u on u.id = c.user_id
where c.digest = $1 and c.used_at is null and c.expires_at > $2
    and ((c.purpose = 'first_admin' and c.user_id is null) or (c.purpose = 'set_password' and u.status = 'active'));

-- name: use
update nexora_codes c set used_at = $2
where c.digest = $1 and c.used_at is null and c.expires_at > $2
    and (
        (c.purpose = 'first_admin' and c.user_id is null)
        or (c.purpose = 'set_password' and exists (
            select from nexora_users u where u.id = c.user_id and u.status = 'active'
        ))
    )
returning c.digest;

-- name: end_first_admin
update nexora_codes set used_at = $1 where purpose = 'first_admin' and used_at is null;

-- name: used
select c.purpose, c.user_id, coalesce(u.name, '') as name
from nexora_codes c left join nexora_users u on u.id = c.user_id where c.digest = $1;
