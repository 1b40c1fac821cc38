alter table nexora_codes drop constraint nexora_codes_purpose_check;
alter table nexora_codes add constraint nexora_codes_purpose_check
    check (purpose in ('first_admin', 'keep_secret', 'link_from_chat', 'link_from_console', 'set_password'));
alter table nexora_codes add column subject jsonb;
