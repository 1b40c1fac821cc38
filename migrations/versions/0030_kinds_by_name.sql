-- Which kinds of requests there are is said where the gateway is assembled, so that a further kind needs no migration.
alter table nexora_approval_requests drop constraint nexora_approval_requests_kind_check;
