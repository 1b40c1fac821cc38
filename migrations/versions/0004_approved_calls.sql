-- Which approved calls have not begun yet is asked every few seconds.
create index nexora_calls_approved on nexora_calls (changed_at) where state = 'approved';
