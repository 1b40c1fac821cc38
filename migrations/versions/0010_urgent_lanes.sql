-- A lane that begins with ! is urgent. What still waits under an old name takes the new one; the rest is history.
update nexora_inbox set lane = '!' || lane
where state = 'ready' and (starts_with(lane, 'press:') or starts_with(lane, 'control:'));

create index nexora_inbox_urgent on nexora_inbox (id) where state = 'ready' and starts_with(lane, '!');
create index nexora_outbox_urgent on nexora_outbox (id) where state = 'ready' and starts_with(lane, '!');
