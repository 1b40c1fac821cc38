-- The text of each script as it was last approved, so that the next question about it shows what has changed.
create table nexora_approved_scripts (
    workspace text not null,
    path text not null,
    body text not null,
    at timestamptz not null default now(),
    primary key (workspace, path)
);
