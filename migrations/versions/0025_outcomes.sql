alter table nexora_messages add column outcome text check (outcome in ('done', 'failed', 'not_run'));
-- Until now a call that did not run was known by the first words of its answer.
update nexora_messages set outcome = 'not_run'
where role = 'tool' and body ~ '^\{"role":"tool","content":"(Refused:|This call is pending|This very call is pending)';
