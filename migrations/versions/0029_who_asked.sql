update nexora_approval_requests r set requester_name = left(r.requester_name, 32) || ' (' || u.name || ')'
from nexora_users u
where u.id = r.requester_id and r.requester_name not in ('', u.name);
