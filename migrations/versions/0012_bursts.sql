alter table nexora_inbox add column times integer not null default 1;
create index nexora_inbox_full on nexora_inbox (lane, done_at) where state = 'dead' and error = 'lane full';

alter table nexora_approval_requests add column is_told boolean not null default true;
create index nexora_approval_requests_untold on nexora_approval_requests (created_at) where not is_told;

-- A queue grows by orders of magnitude in a minute: what is planned from an empty one is planned anew soon.
alter table nexora_inbox set (autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 200);
alter table nexora_outbox set (autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 200);
