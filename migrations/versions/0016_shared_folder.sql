create table nexora_shared_folder (
    only_one boolean primary key default true check (only_one),
    mark text not null,
    place text not null,
    adopted_at timestamptz not null
);
