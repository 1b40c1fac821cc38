alter table nexora_calls add column seconds real check (seconds >= 0);
