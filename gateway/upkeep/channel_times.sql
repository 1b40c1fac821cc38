-- name: keep
insert into nexora_runtime_config (key, value, changed_at)
values ('channel:' || $1, jsonb_strip_nulls(jsonb_build_object('in', $2::timestamptz, 'out', $3::timestamptz)), now())
on conflict (key) do update set changed_at = now(), value = jsonb_strip_nulls(jsonb_build_object(
    'in', greatest((nexora_runtime_config.value ->> 'in')::timestamptz, $2),
    'out', greatest((nexora_runtime_config.value ->> 'out')::timestamptz, $3)
));

-- name: kept
select substr(key, 9) as name, (value ->> 'in')::timestamptz as heard, (value ->> 'out')::timestamptz as sent
from nexora_runtime_config where starts_with(key, 'channel:');
