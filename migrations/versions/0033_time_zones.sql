-- Which zones there are is said by the machine's own tables, so that a new one needs no migration.
alter table nexora_users add column time_zone text not null default '';
