"""Signing in by XOAUTH2 over STARTTLS at both servers, and what follows when a token or a consent ends."""

import asyncio

import pytest

from channels.base import ChannelDown, ChannelRefused, ChannelState
from channels.messages import plain
from tests.contract.drivers import Cut
from tests.unit.email.bench import bench


async def test_a_mail_is_heard_and_answered_with_a_token() -> None:
    async with bench("oauth") as stage:
        home = await stage.home()
        await stage.send(home, parts=plain("the answer"))
        [seen] = await stage.driver.hear()

        assert seen.text == "the answer"
        assert stage.driver.tokens.given == 1
        assert (await stage.settled()).state is ChannelState.UP


async def test_a_token_that_ended_early_is_fetched_anew() -> None:
    async with bench("oauth") as stage:
        home = await stage.home()
        await stage.driver.cut(Cut.EXPIRED)
        with pytest.raises(ChannelDown):
            await stage.listening
        await stage.send(home, parts=plain("the answer"))
        [seen] = await stage.driver.hear()
        stage.listening = asyncio.create_task(stage.email.listen(stage.receive))
        await stage.driver.say("again")
        await stage.hears(2)

        assert seen.text == "the answer"
        assert stage.driver.tokens.given == 2


async def test_a_consent_that_was_taken_back_is_told_in_the_owners_servers_words() -> None:
    async with bench("oauth") as stage:
        await stage.home()
        stage.driver.tokens.is_revoked = True
        again = stage.again()
        with pytest.raises(ChannelRefused, match=r"invalid_grant Token has been expired or revoked\."):
            await again.listen(stage.receive)
        health = await again.probe()

        assert health.state is ChannelState.DOWN
        assert "revoked" in health.reason


async def test_a_token_of_somebody_elses_is_refused() -> None:
    async with bench("oauth") as stage:
        await stage.home()
        with pytest.raises(ChannelRefused):
            await stage.again(username="alice.1@corp.example").listen(stage.receive)
