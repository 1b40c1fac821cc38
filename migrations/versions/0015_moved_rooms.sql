-- The first id of a room stays its name here; `moved_to` is what its platform calls it since then.
create table nexora_moved_rooms (
    channel text not null,
    room text not null,
    moved_to text not null,
    at timestamptz not null,
    primary key (channel, moved_to)
);
