-- name: all
select t.*, p.name as who_name, p.display_name as who_shown, u.name as by_name, u.display_name as by_shown
from nexora_team_members t join nexora_users p on p.id = t.user_id left join nexora_users u on u.id = t.changed_by
order by t.team, p.name

-- name: set
insert into nexora_team_members (code, team, user_id, changed_by, changed_at) values ($1, $2, $3::text::uuid, $4, $5)
on conflict (team, user_id) do nothing

-- name: remove
delete from nexora_team_members where code = $1 returning code
