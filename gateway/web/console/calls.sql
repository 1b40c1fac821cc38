-- name: call
select c.tool, c.arguments, c.state, c.result, c.why, r.code from nexora_calls c
left join nexora_approval_requests r on r.id = c.request_id
where c.conversation = $1 and c.id = $2;
