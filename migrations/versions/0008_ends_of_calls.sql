-- A call ends as done or failed, when it ran; as refused or lapsed, when it did not; or as unknown.
alter table nexora_calls add column why text not null default '', add column asked_as text not null default '';
alter table nexora_calls drop constraint nexora_calls_state_check;
update nexora_calls c set state = case when r.status in ('cancelled', 'expired') then 'lapsed' else 'refused' end
from nexora_approval_requests r where r.id = c.request_id and c.state = 'denied';
update nexora_calls set state = 'refused' where state = 'denied';
alter table nexora_calls add constraint nexora_calls_state_check
    check (state in ('approved', 'done', 'failed', 'lapsed', 'pending', 'refused', 'running', 'unknown'));

-- A gateway of the version before, at work while this one is deployed, still calls it denied.
create function nexora_call_refused() returns trigger language plpgsql as $$
begin
    new.state := 'refused';
    return new;
end $$;
create trigger nexora_calls_refused before insert or update on nexora_calls
    for each row when (new.state = 'denied') execute function nexora_call_refused();
