-- name: of
select agent, request_id from nexora_room_bindings where channel = $1 and room = $2

-- name: begin
insert into nexora_room_bindings (channel, room, changed_at) values ($1, $2, $3)
on conflict do nothing returning room

-- name: asked
update nexora_room_bindings set request_id = $3 where channel = $1 and room = $2

-- name: set
update nexora_room_bindings set agent = $3, bound_by = $4, changed_at = $5 where channel = $1 and room = $2
returning room

-- name: unbind
with before as (
    select agent from nexora_room_bindings where channel = $1 and room = $2 and agent <> '' for update
)
update nexora_room_bindings b set agent = '', bound_by = $3, changed_at = $4
from before where b.channel = $1 and b.room = $2
returning before.agent
