-- name: is_running
select exists (select from nexora_inbox where lane = $1 and state = 'running')
