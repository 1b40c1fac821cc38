-- Which languages there are is said by the files in config/locales, so that a further one needs no migration.
alter table nexora_users drop constraint nexora_users_language_check;
