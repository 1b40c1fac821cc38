"""Rules and teams as admins type them: each is asked of another admin."""

from governance.people.people import Role


async def test_a_team_is_typed_listed_and_ended(room):
    root, second = await room.person("root", Role.ADMIN), await room.person("second", Role.ADMIN)
    await room.person("alice")
    wrong = [await room.type(root, f"/rules team finance {rest}") for rest in ("add nobody", "remove alice", "alice")]
    asked = await room.type(root, "/规则 团队 finance 添加 alice")
    (request,) = await room.parts.approvals.pending(root)
    made = "insert into nexora_team_members select 'AB23C', 'finance', id, null, now() from nexora_users"
    await room.store.fetch(f"{made} where name = 'alice'")

    assert "nobody" in wrong[0]
    assert "does not belong to the team" in wrong[1]
    assert "/rules [" in wrong[2]
    assert request.code in asked
    assert request.title == "alice belongs to the team finance"
    assert "**AB23C** alice belongs to the team finance" in await room.type(second, "/rules")
    assert "asked" in await room.type(second, "/rules remove AB23C")
