-- name: sent_uploads
select found[1] as name
from nexora_console_messages, regexp_matches(body, '/uploads/[^/"]+/([0-9a-f]{32})/', 'g') as found
where body like '%/uploads/%' and found[1] = any($1::text[])
union
select found[1] from nexora_inbox, regexp_matches(body, '/uploads/[^/"]+/([0-9a-f]{32})/', 'g') as found
where body like '%/uploads/%' and found[1] = any($1::text[])
union
select found[1] from nexora_outbox, regexp_matches(body, '/uploads/[^/"]+/([0-9a-f]{32})/', 'g') as found
where state <> 'done' and body like '%/uploads/%' and found[1] = any($1::text[])

-- name: unsent_copies
select distinct found[1] as name
from nexora_outbox, regexp_matches(body, '/outgoing/([0-9a-f]{64})/', 'g') as found
where state <> 'done' and body like '%/outgoing/%'

-- name: busy_conversations
select conversation as key from nexora_calls where state in ('approved', 'pending', 'running')
union
select conversation from nexora_approval_requests where status = 'pending'
union
select lane from nexora_inbox where state in ('ready', 'running')

-- name: waiting_calls
select id from nexora_calls where state in ('approved', 'pending', 'running')

-- name: fresh_conversations
select key from nexora_conversations where updated_at >= $1
