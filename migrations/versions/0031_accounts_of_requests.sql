-- As the platform verified the account when it asked; of what was asked before nobody knows it.
alter table nexora_approval_requests
    add column requester_channel text not null default '',
    add column requester_account text not null default '',
    add column requester_account_name text not null default '',
    add column ended_channel text not null default '',
    add column ended_account text not null default '',
    add column ended_account_name text not null default '';
update nexora_approval_requests r
set ended_channel = h.channel, ended_account = h.account_id, ended_account_name = coalesce(a.name, '')
from nexora_decisions h
left join nexora_accounts a on a.channel = h.channel and a.account_id = h.account_id
where h.request_id = r.id and h.user_id = r.decided_by and h.choice = r.choice
    and h.channel is not null and h.account_id is not null;
