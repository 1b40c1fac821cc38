-- name: all
select c.*, u.name as by_name, u.display_name as by_shown from nexora_capabilities c
left join nexora_users u on u.id = c.changed_by order by c.kind, c.name

-- name: get
select c.*, u.name as by_name, u.display_name as by_shown from nexora_capabilities c
left join nexora_users u on u.id = c.changed_by where c.kind = $1 and c.name = $2

-- Nobody changes it until the transaction ends, also where there is none of that name yet.
-- name: hold
select pg_advisory_xact_lock(hashtextextended('capability:' || $1 || ':' || $2, 0))

-- name: keep_package
insert into nexora_capability_packages (digest, body, added_at) values ($1, $2, $3) on conflict (digest) do nothing

-- name: package
select body from nexora_capability_packages where digest = $1

-- name: install
insert into nexora_capabilities
    (kind, name, state, digest, before_digest, manifest, before_manifest, risk, request_id, changed_by, changed_at)
values ($1, $2, 'active', $3, null, $4, null, $5, $6, $7, $8)
on conflict (kind, name) do update set state = 'active', digest = excluded.digest, manifest = excluded.manifest,
    before_digest = nexora_capabilities.digest, before_manifest = nexora_capabilities.manifest, risk = excluded.risk,
    request_id = excluded.request_id, changed_by = excluded.changed_by, changed_at = excluded.changed_at, held = null

-- name: restore
update nexora_capabilities set state = 'active', digest = before_digest, manifest = before_manifest,
    before_digest = digest, before_manifest = manifest, request_id = $3, changed_by = $4, changed_at = $5, held = null
where kind = $1 and name = $2 and before_digest is not null returning name

-- name: set_state
update nexora_capabilities set state = $3, request_id = $4, changed_by = $5, changed_at = $6, held = $7
where kind = $1 and name = $2 and state <> $3 returning name

-- name: remove
delete from nexora_capabilities where kind = $1 and name = $2 returning name

-- Packages that nothing installed and nothing that waits speaks of.
-- name: prune
delete from nexora_capability_packages p where
    not exists (select from nexora_capabilities c where p.digest in (c.digest, c.before_digest))
    and not exists (
        select from nexora_approval_requests r
        where r.kind = $2 and r.status = 'pending' and r.subject ->> 'digest' = p.digest and r.id is distinct from $1
    )

-- Those that somebody decides at this very moment find by themselves that they are overtaken.
-- name: pending_of
select r.id from nexora_approval_requests r where r.kind = $4 and r.status = 'pending'
    and r.subject -> 'manifest' ->> 'kind' = $1 and r.subject -> 'manifest' ->> 'name' = $2 and r.id is distinct from $3
for update skip locked

-- name: pending_same
select code from nexora_approval_requests where kind = $2 and status = 'pending' and digest = $1

-- name: waiting_of
select r.code, r.subject from nexora_approval_requests r where r.kind = $3 and r.status = 'pending'
    and ($1::text is null or r.subject -> 'manifest' ->> 'kind' = $1)
    and ($2::text is null or r.subject -> 'manifest' ->> 'name' = $2)
order by r.created_at

-- name: waiting_by
select count(*) from nexora_approval_requests
where kind = $2 and status = 'pending' and requester_id is not distinct from $1

-- name: listed_by
select id, code, subject -> 'manifest' ->> 'kind' as kind, subject -> 'manifest' ->> 'name' as name, subject ->> 'action' as action
from nexora_approval_requests
where kind = $2 and status = 'pending' and not is_told and requester_id is not distinct from $1
order by created_at

-- name: note_refusal
insert into nexora_capability_refusals (agent, kind, name, at) values ($1, $2, $3, $4)
on conflict (agent, kind, name) do update set at = excluded.at

-- name: refused_at
select at from nexora_capability_refusals where agent = $1 and kind = $2 and name = $3 and at > $4

-- name: forget_refusals
delete from nexora_capability_refusals where at < $1
