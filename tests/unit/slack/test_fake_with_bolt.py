"""The fake workspace is one that Slack's own framework takes for Slack: a plain bolt app works on it as it is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.platforms.slack import FakeSlack
from tests.platforms.slack.server import APP_TOKEN, BOT_TOKEN, SECRET
from tests.platforms.slack.workspace import BOT, GROUP

BUTTON = {"type": "button", "action_id": "no", "text": {"type": "plain_text", "text": "No"}, "value": "1"}
FORM = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "close": {"type": "plain_text", "text": "Cancel"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "words"},
        }
    ],
}


def app_on(slack: FakeSlack, said: asyncio.Queue[tuple[str, str]]) -> AsyncApp:
    """As the examples of bolt's documentation are written."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack.base}/api/")
    app = AsyncApp(client=client, signing_secret=SECRET)

    @app.event("message")
    async def heard(event: dict[str, Any]) -> None:
        await said.put(("message", event["text"]))

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any], say: Any) -> None:
        sent = await say(text="asked", blocks=[{"type": "actions", "elements": [BUTTON]}], thread_ts=event["ts"])
        await said.put(("app_mention", sent["ts"]))

    @app.action("no")
    async def pressed(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await client.chat_update(channel=body["channel"]["id"], ts=body["container"]["message_ts"], text="pressed")

    @app.view("why")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        await said.put(("view_submission", view["state"]["values"]["why"]["words"]["value"]))

    @app.command("/nexora")
    async def commanded(ack: Any, command: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(f"you said {command['text']}")

    return app


@pytest_asyncio.fixture(loop_scope="session", params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[tuple[FakeSlack, asyncio.Queue[tuple[str, str]]]]:
    slack, said = FakeSlack(), asyncio.Queue()
    await slack.start()
    app = app_on(slack, said)
    if request.param == "socket":
        handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=1)
        await handler.connect_async()
        await slack.sockets.wait_connected()
        yield slack, said
        await handler.close_async()
    else:

        async def answer(asked: web.Request) -> web.Response:
            return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(asked)))

        served = web.Application()
        served.router.add_post("/slack/events", answer)
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.over_http, slack.requests.url = True, f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield slack, said
        await runner.cleanup()
    await slack.stop()


async def test_a_plain_bolt_app_hears_says_rewrites_and_asks_by_a_form(
    slack: tuple[FakeSlack, asyncio.Queue[tuple[str, str]]],
) -> None:
    workspace, said = slack
    async with asyncio.timeout(10):
        asked = workspace.say(f"<@{BOT}> may I?", room=GROUP)
        heard = dict([await said.get(), await said.get()])
        workspace.press(heard["app_mention"], "No")
        await workspace.until_sees(lambda: bool(workspace.workspace.forms and workspace.called("chat.update")))
        workspace.submit("not today")
        why = await said.get()
        workspace.slash("hello")
        await workspace.until_sees(lambda: bool(workspace.whispered("U0ALICE")))
    [(message, sight)] = workspace.seen(GROUP)

    assert heard["message"] == f"<@{BOT}> may I?"
    assert (message.thread_ts, sight.text) == (asked, "pressed")
    assert why == ("view_submission", "not today")
    assert workspace.whispered("U0ALICE") == ["you said hello"]
