-- Failed sign-ins are counted in nexora_login_failures, by name and by address; nothing ever read these.
alter table nexora_users drop column failed_logins, drop column locked_until;
