alter table nexora_conversations add column of_program boolean not null default false;
