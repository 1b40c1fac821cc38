-- name: load
select channel, room, moved_to from nexora_moved_rooms

-- name: note
insert into nexora_moved_rooms (channel, room, moved_to, at) values ($1, $2, $3, $4)
on conflict (channel, moved_to) do nothing
