"""What keeps or balances gateways asks."""

from gateway.web.http import health
from tests.unit.web.stage import open_stage


async def test_health_is_told_to_anybody_in_one_word(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=health.ROUTES) as stage:
        for path, word in (("/healthz", "alive\n"), ("/readyz", "ready\n")):
            answer = await stage.anybody("GET", path)
            assert (answer.status, answer.text) == (200, word)


async def test_without_a_database_it_lives_and_is_not_ready(pool, dsn, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.2)
    async with open_stage(pool, dsn, tmp_path, routes=health.ROUTES) as stage:
        held = [await pool.acquire() for _ in range(pool.get_max_size())]
        try:
            assert (await stage.anybody("GET", "/healthz")).status == 200
            answer = await stage.anybody("GET", "/readyz")
            assert (answer.status, answer.text) == (503, "not ready\n")
        finally:
            for each in held:
                await pool.release(each)
        assert (await stage.anybody("GET", "/readyz")).status == 200
