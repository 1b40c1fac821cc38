-- name: holds
select layer, owner, count(*) as count from nexora_memories
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and state = 'kept' group by layer, owner

-- name: search
-- A word that 400 entries have tells them apart no more. The numbers stand here and not in parameters, since a plan that
-- does not know how many rows it may take reads the whole table for each word.
with asked as materialized (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::real[]) as a (layer, owner, word, says)
), hits as materialized (
    select h.id, a.says, count(*) over (partition by a.word) as common
    from asked a cross join lateral (
        select m.id from nexora_memories m
        where m.found_by @> array[a.word] and m.state = 'kept' limit 400
    ) h
), scored as (
    select id, sum(says * ln(1 + 10000.0::real / common)) as score from hits where common < 400
    group by id order by score desc, id desc limit 60
)
select m.*, s.score from scored s join nexora_memories m on m.id = s.id
where (m.layer, m.owner) in (select layer, owner from asked) order by s.score desc, m.id desc

-- name: opening
select *, 0.0 as score from nexora_memories
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and state = 'kept' and kind = 'preference'
order by confirmed desc, confirmed_at desc limit $3

-- name: listed
select *, 0.0 as score, count(*) over () as total from nexora_memories
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and state = 'kept'
order by array_position($1::text[], layer), number desc offset $3 limit $4

-- name: get
select *, 0.0 as score from nexora_memories
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and layer = $3 and number = $4 and state = 'kept'

-- name: lock
select pg_advisory_xact_lock(hashtextextended($1, 39))

-- name: same
select *, 0.0 as score from nexora_memories
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and state <> 'forgotten' and layer = $3
    and lower(words) = lower($4)
limit 1

-- name: add
insert into nexora_memories (layer, owner, number, kind, words, also, state, basis, basis_conversation, basis_at, told_by,
    agent, created_at, confirmed_at, changed_at, found_by)
select $1, $2, 1 + coalesce((select max(number) from nexora_memories where layer = $1 and owner = $2), 0), $3, $4, $5, $6,
    $7, $8, $9, $10, $11, $12, $12, $12, $13
returning *, 0.0 as score

-- name: confirm
update nexora_memories set confirmed = confirmed + 1, confirmed_at = $5
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and layer = $3 and number = $4 and state = 'kept'
returning *, 0.0 as score

-- name: correct
update nexora_memories set words = $5, also = $6, basis = $7, basis_conversation = $8, basis_at = $9, told_by = $10,
    agent = $11, confirmed = 1, confirmed_at = $12, changed_at = $12, found_by = $13
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and layer = $3 and number = $4 and state = 'kept'
returning *, 0.0 as score

-- name: forget
update nexora_memories set state = 'forgotten', forgotten_at = $5
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and layer = $3 and number = $4 and state = 'kept'
returning *, 0.0 as score

-- name: forget_all
update nexora_memories set state = 'forgotten', forgotten_at = $4
where (layer, owner) in (select * from unnest($1::text[], $2::text[])) and layer = $3 and state = 'kept'
returning id

-- name: take_back
update nexora_memories m set state = 'kept', forgotten_at = null
where (m.layer, m.owner) in (select * from unnest($1::text[], $2::text[])) and m.state = 'forgotten'
    and m.forgotten_at = (
        select max(l.forgotten_at) from nexora_memories l
        where (l.layer, l.owner) in (select * from unnest($1::text[], $2::text[])) and l.state = 'forgotten'
            and l.forgotten_at > $3
    )
returning *, 0.0 as score

-- name: erase_forgotten
delete from nexora_memories where state = 'forgotten' and forgotten_at <= $1

-- name: choices
select is_on, proactive, next_at from nexora_memory_choices where user_id = $1

-- name: choose
insert into nexora_memory_choices (user_id, is_on, changed_at) values ($1, $2, $3)
on conflict (user_id) do update set is_on = excluded.is_on, changed_at = excluded.changed_at
