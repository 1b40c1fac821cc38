"""/new and /stop: a conversation begins anew without losing what was said, and an answer can be ended."""

from uuid import uuid4

from governance.people.people import Role


async def say_something(room, person, key: str) -> int:
    turn = uuid4()
    now = room.stage.clock()
    async with room.store.transaction() as work:
        await work.execute(
            "insert into nexora_turns (id, conversation, user_id, agent, state, started_at)"
            " values ($1, $2, $3, 'assistant', 'done', $4)",
            turn,
            key,
            person.id,
            now,
        )
        return await work.fetchval(
            "insert into nexora_messages (conversation, turn_id, step, role, body) values ($1, $2, 0, 'user', '{}')"
            " returning id",
            key,
            turn,
        )


async def test_new_hides_what_was_said_here_from_the_agent_and_keeps_it(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant")
    await room.type(alice, "/use assistant")
    await room.type(alice, "/use assistant", room="other")
    newest = await say_something(room, alice, "chat:alice:")

    said = await room.type(alice, "/new")
    rows = await room.store.fetch("select key, context_from from nexora_conversations order by key")

    assert said.startswith("We start afresh")
    assert [tuple(row) for row in rows] == [("chat:alice:", newest), ("chat:other:", 0)]
    assert await room.store.fetchval("select count(*) from nexora_messages") == 1


async def test_new_where_nothing_was_said_yet_is_no_error(room):
    assert (await room.type(await room.person("alice"), "/new")).startswith("We start afresh")


async def test_stop_ends_the_answer_of_this_conversation(room):
    alice, bob = await room.person("alice"), await room.person("bob")

    assert await room.type(alice, "/stop") == "I stopped."
    assert await room.type(bob, "/stop") == "Nothing is being answered here right now."
    assert room.stopped == ["chat:alice:", "chat:bob:"]
