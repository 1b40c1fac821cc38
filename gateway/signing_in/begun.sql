-- name: sweep
delete from nexora_server_sign_ins where expires_at < $1::timestamptz - interval '1 day'

-- name: end_older
update nexora_server_sign_ins set finished_at = $4
where server = $1 and person = $2 and for_all = $3 and finished_at is null

-- name: begin
insert into nexora_server_sign_ins
    (id, server, person, for_all, link, state, nonce, sealed, key_nonce, wrapped_key, master, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: by_link
select * from nexora_server_sign_ins where link = $1

-- name: by_state
select * from nexora_server_sign_ins where state = $1 for update

-- name: go_on
update nexora_server_sign_ins set browser = $2 where id = $1 and finished_at is null and expires_at > $3 returning id

-- name: finish
update nexora_server_sign_ins set finished_at = $2 where id = $1
