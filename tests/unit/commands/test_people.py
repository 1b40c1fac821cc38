"""/people: who there is, and an admin's change of a role or of the name that others read."""

import pytest

from governance.people.people import Role


async def test_a_role_is_given_in_chat_and_ones_own_goes_only_with_another_word(room):
    root, bob = await room.person("root", Role.ADMIN), await room.person("bob")
    await room.stage.sign_in._store.pool.execute("update nexora_users set password_hash = 'kept'")

    assert "`bob` · admin" in await room.type(root, "/people role bob admin")
    asked = await room.type(root, "/people role root operator")
    assert "You will not be admin any more" in asked
    assert "/people role root operator yes" in asked
    assert (await room.fresh(root)).role is Role.ADMIN

    assert "`root` · operator" in await room.type(root, "/people role root operator yes")
    assert "for admins" in await room.type(root, "/people role root admin")
    assert "This is the last active admin" in await room.type(bob, "/people role bob operator yes")


async def test_it_asks_in_chinese_too(room):
    root = await room.person("root", Role.ADMIN)
    await room.person("second", Role.ADMIN)
    await room.stage.sign_in._store.pool.execute("update nexora_users set password_hash = 'kept'")
    await room.type(root, "/language zh")

    asked = await room.type(root, "/people 角色 root 操作员")

    assert "您将不再是管理员" in asked
    assert "/人员 角色 root 操作员 确认" in asked
    assert "操作员" in await room.type(root, "/people 角色 root 操作员 确认")


@pytest.mark.parametrize("shown", ["ALICE", "аlice", "ali\u200bce", "system", "Nexora", "管理员", "系统", "审批人"])
async def test_a_name_that_can_be_mistaken_is_refused_from_chat(room, shown):
    root = await room.person("root", Role.ADMIN)
    await room.person("alice")
    bob = await room.person("bob")

    refused = await room.type(root, f"/people name bob {shown}")

    assert "`bob` ·" not in refused
    assert (await room.fresh(bob)).display_name == ""


async def test_a_name_that_is_free_is_shown_beside_the_sign_in_name(room):
    root, _ = await room.person("root", Role.ADMIN), await room.person("bob")

    assert "`Bob Smith (bob)` · operator" in await room.type(root, "/people name bob Bob Smith")
