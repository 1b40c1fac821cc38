-- Whether an account is somebody's is asked of them, on a side that was theirs before.
alter table nexora_approval_requests drop constraint nexora_approval_requests_kind_check;
alter table nexora_approval_requests add constraint nexora_approval_requests_kind_check
    check (kind in ('admission', 'binding', 'link', 'tool_call'));
