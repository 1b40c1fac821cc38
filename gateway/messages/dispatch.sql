-- name: is_known
select true from nexora_conversations where key = $1

-- name: is_code
select true from nexora_approval_requests where code = upper($1) limit 1
