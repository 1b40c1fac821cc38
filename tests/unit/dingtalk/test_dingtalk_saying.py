"""What the robot says: by reply addresses and by the API, with files, to one person alone, and what is refused."""

import asyncio
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import ChannelDown, ChannelRefused, FileTooLarge, MessageRefused, RateLimited
from channels.dingtalk import files, webhooks
from channels.messages import Account, Address, File, FileKind, Outbound, Ref
from tests.platforms.dingtalk.office import ALICE, BOB, CLIENT_ID, GROUP
from tests.platforms.dingtalk.server import Refusal
from tests.unit.dingtalk.bench import BOB_ACCOUNT, DIRECT, IN_GROUP, SEND_TO_PERSON, Bench, say, words

TOKEN = "/v1.0/oauth2/accessToken"
SEND_TO_GROUP = "/v1.0/robot/groupMessages/send"


async def test_an_answer_goes_by_the_reply_address_and_costs_no_call_of_the_api(bench: Bench) -> None:
    await bench.connected()
    await bench.heard()
    await bench.channel.send(say("**hi**"))
    [(said, sight)] = bench.fake.seen(ALICE)

    assert (sight.text, sight.bold) == ("hi", ["hi"])
    assert said.body["title"] == "hi"
    assert bench.fake.called(SEND_TO_PERSON) == []


async def test_an_answer_in_a_group_calls_who_asked_and_nobody_else(bench: Bench) -> None:
    await bench.connected()
    event = await bench.heard(group=True)
    await bench.channel.send(say("done @all @bob02", IN_GROUP, answers=event.message))
    await bench.channel.send(say("by the way", IN_GROUP))
    (answer, sight), (aside, _) = bench.fake.seen(GROUP)

    assert (answer.called, aside.called) == ((ALICE,), ())
    assert sight.text == f"@{ALICE} \n\ndone @all @bob02"


async def test_in_private_nobody_is_called(bench: Bench) -> None:
    await bench.connected()
    event = await bench.heard()
    await bench.channel.send(say("done", answers=event.message))

    assert [(said.called, sight.text) for said, sight in bench.fake.seen(ALICE)] == [((), "done")]


async def test_a_reply_address_that_has_run_out_or_is_not_taken_is_replaced_by_the_api(bench: Bench) -> None:
    await bench.connected()
    await bench.heard()
    bench.fake.webhook_codes.extend([300001])
    await bench.channel.send(say("one"))
    await bench.channel.send(say("two"))
    refused = len(bench.fake.called("/webhook"))
    await bench.heard()
    bench.ahead = timedelta(minutes=90)
    await bench.channel.send(say("three"))

    assert refused == 1
    assert len(bench.fake.called("/webhook")) == 1
    assert bench.texts() == ["one", "two", "three"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/webhook",
        "https://evil.example/robot/sendBySession?session=1",
        "https://oapi.dingtalk.com.evil.example/robot",
        "https://evildingtalk.com/robot",
        "http://oapi.dingtalk.com/robot",
        "https://oapi.dingtalk.com@evil.example/robot",
        "file:///etc/passwd",
        "//oapi.dingtalk.com/robot",
        "https://[oapi.dingtalk.com",
    ],
)
async def test_a_reply_address_elsewhere_is_never_called(bench: Bench, address: str) -> None:
    assert bench.channel._webhooks.trusted(address) is None


async def test_a_reply_address_at_dingtalk_is_trusted(bench: Bench) -> None:
    assert bench.channel._webhooks.trusted("https://oapi.dingtalk.com/robot/sendBySession?session=1")
    assert bench.channel._webhooks.trusted("https://oapi.dingtalk.io/robot/sendBySession?session=1")


async def test_a_foreign_reply_address_leads_to_the_api(bench: Bench) -> None:
    await bench.connected()
    bench.fake.say(words("x"), staff=ALICE, sessionWebhook="https://evil.example/x")
    await bench.inbox.first()
    await bench.channel.send(say("by the API"))

    assert bench.texts() == ["by the API"]
    assert len(bench.fake.called(SEND_TO_PERSON)) == 1


async def test_a_strange_answer_at_a_reply_address_leads_to_the_api() -> None:
    assert webhooks._code(b"<html>") == -1
    assert webhooks._code(b"[1]") == -1
    assert webhooks._code(b'{"errcode": 0}') == 0


async def test_without_a_reply_address_the_api_is_used_for_people_and_groups(bench: Bench) -> None:
    private = await bench.channel.send(say("one **two**"))
    public = await bench.channel.send(say("three", IN_GROUP))
    [to_person], [to_group] = bench.fake.called(SEND_TO_PERSON), bench.fake.called(SEND_TO_GROUP)

    assert private.id
    assert public.id
    assert (to_person["userIds"], to_person["robotCode"], to_person["msgKey"]) == ([ALICE], CLIENT_ID, "sampleMarkdown")
    assert to_group["openConversationId"] == GROUP


async def test_a_private_sentence_goes_to_the_persons_own_conversation(bench: Bench) -> None:
    await bench.connected()
    event = await bench.heard(group=True)
    message = say("You may not decide this.", IN_GROUP, only_for=BOB_ACCOUNT, answers=event.message)
    ref = await bench.channel.send(message)

    assert ref.address.room == f"staff:{BOB}"
    assert bench.texts(BOB) == ["You may not decide this."]
    assert bench.texts(GROUP) == []


async def test_a_member_is_written_to_first_and_an_account_without_an_id_is_refused(bench: Bench) -> None:
    assert (await bench.channel.direct_room(BOB_ACCOUNT)).room == f"staff:{BOB}"
    with pytest.raises(MessageRefused, match="names no member"):
        await bench.channel.direct_room(Account(channel="dingtalk", id="corp-only"))


# Files


def on_disk(folder: Path, name: str, content: bytes, kind: FileKind = FileKind.DOCUMENT) -> Outbound:
    path = folder / name
    path.write_bytes(content)
    file = File(name=name, media_type="x/y", size=len(content), locator=str(path), presented_as=kind)
    return Outbound(key="k1", address=DIRECT, parts=(file,))


async def test_pictures_and_documents_go_out_as_what_they_are(bench: Bench, tmp_path: Path) -> None:
    await bench.channel.send(on_disk(tmp_path, "dot.PNG", b"\x89PNG"))
    await bench.channel.send(on_disk(tmp_path, "报告.pdf", b"%PDF"))
    (picture, _), (document, _) = bench.fake.seen(ALICE)

    assert picture.kind == "sampleImageMsg"
    assert (document.kind, document.body["fileName"], document.body["fileType"]) == ("sampleFile", "报告.pdf", "pdf")
    assert bench.fake.office.media[document.body["mediaId"]][1] == b"%PDF"


@pytest.mark.parametrize("name", ["notes.txt", "Makefile", "zip", "page.HTML"])
async def test_a_file_of_another_kind_travels_in_an_archive(bench: Bench, tmp_path: Path, name: str) -> None:
    await bench.channel.send(on_disk(tmp_path, name, b"all is well"))
    [(said, _)] = bench.fake.seen(ALICE)
    sent, content = bench.fake.office.media[said.body["mediaId"]]

    assert (sent, said.body["fileName"], said.body["fileType"]) == (f"{name}.zip", f"{name}.zip", "zip")
    assert zipfile.ZipFile(io.BytesIO(content)).read(name) == b"all is well"


async def test_a_file_that_is_gone_too_large_or_not_taken_is_refused_in_words(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = on_disk(tmp_path, "a.pdf", b"12345678")
    with pytest.raises(MessageRefused, match="40006"):
        await bench.channel.send(on_disk(tmp_path, "empty.pdf", b""))
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 4)
    with pytest.raises(FileTooLarge):
        await bench.channel.send(message)
    (tmp_path / "a.pdf").unlink()
    with pytest.raises(MessageRefused, match="cannot be read"):
        await bench.channel.send(message)

    assert bench.fake.seen(ALICE) == []


async def test_an_upload_that_fails_shows_no_token(bench: Bench, tmp_path: Path) -> None:
    message = on_disk(tmp_path, "a.pdf", b"1234")
    for fault in ("drop", "500"):
        bench.fake.faults.append(fault)
        with pytest.raises(ChannelDown) as caught:
            await bench.channel.send(message)
        assert "token" not in f"{caught.value!r} {caught.value.__cause__!r}"
    with pytest.raises(ChannelDown, match="cannot be reached"):
        await bench.build(oapi_url="http://127.0.0.1:9").send(message)


async def test_an_upload_renews_a_token_that_ended_early(bench: Bench, tmp_path: Path) -> None:
    await bench.channel.send(say("one"))
    bench.fake.tokens.clear()
    await bench.channel.send(on_disk(tmp_path, "a.pdf", b"1234"))

    assert len(bench.fake.called(TOKEN)) == 2
    assert [said.kind for said, _ in bench.fake.seen(ALICE)] == ["sampleMarkdown", "sampleFile"]


def stored(bench: Bench, content: bytes, size: int = 0) -> File:
    bench.fake.office.downloads["c1"] = content
    return File(name="a.bin", media_type="x/y", size=size, locator="c1")


async def test_a_file_is_fetched_without_a_token_and_within_its_limit(bench: Bench) -> None:
    file = stored(bench, b"12345678")

    assert await bench.channel.fetch(file, 8) == b"12345678"
    with pytest.raises(FileTooLarge):
        await bench.channel.fetch(file, 7)


@pytest.mark.parametrize("url", ["nowhere", "http://127.0.0.1:9/x", "ftp://x/y", "{base}/moved/c1"])
async def test_a_file_is_fetched_from_no_unsafe_address_and_no_redirect(bench: Bench, url: str) -> None:
    file = stored(bench, b"1234")
    bench.fake.office.moved = url.format(base=bench.fake.base)
    with pytest.raises(MessageRefused):
        await bench.channel.fetch(file, 100)


async def test_a_code_that_has_run_out_is_said_in_dingtalks_words(bench: Bench) -> None:
    with pytest.raises(MessageRefused, match="the code has run out"):
        await bench.channel.fetch(File(name="a", media_type="x/y", size=0, locator="old"), 100)


# Refusals


@pytest.mark.parametrize(
    ("refusal", "error", "words"),
    [
        (Refusal(429, "Throttling"), RateLimited, "Throttling"),
        (Refusal(403, "Forbidden.AccessDenied.QpsLimitForApi"), RateLimited, "QpsLimit"),
        (Refusal(403, "Forbidden.AccessDenied.IpNotInWhiteList", "ip 1.2.3.4"), ChannelRefused, "ip 1.2.3.4"),
        (Refusal(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "没有权限"), MessageRefused, "没有权限"),
        (Refusal(403, "Forbidden.SomethingNew"), MessageRefused, "SomethingNew"),
        (Refusal(400, "resource.not.found", "robot 不存在"), MessageRefused, "robot 不存在"),
        (Refusal(500, "ServiceUnavailable"), ChannelDown, "500 ServiceUnavailable"),
        (Refusal(404, ""), ChannelDown, "404"),
    ],
)
async def test_dingtalks_refusals_become_the_channels_errors(
    bench: Bench, refusal: Refusal, error: type[Exception], words: str
) -> None:
    bench.fake.refusals[SEND_TO_PERSON].append(refusal)
    with pytest.raises(error, match=words):
        await bench.channel.send(say("x"))

    assert bench.fake.seen(ALICE) == []


async def test_the_seconds_that_dingtalk_names_are_kept(bench: Bench) -> None:
    for given, kept in (("11", 11.0), ("soon", 2.0), (None, 2.0)):
        refusal = Refusal(429, "Throttling")
        refusal.headers = {"Retry-After": given} if given else {}
        bench.fake.refusals[SEND_TO_PERSON].append(refusal)
        with pytest.raises(RateLimited) as limited:
            await bench.channel.send(say("x"))
        assert limited.value.retry_after_seconds == kept


async def test_somebody_unknown_or_written_to_too_often_is_an_error_though_the_call_was_well(bench: Bench) -> None:
    with pytest.raises(MessageRefused, match="knows nobody"):
        await bench.channel.send(say("x", Address(channel="dingtalk", room="staff:gone")))


async def test_what_answers_elsewhere_is_not_dingtalk(bench: Bench) -> None:
    with pytest.raises(ChannelDown, match="cannot be reached"):
        await bench.build(api_url="http://127.0.0.1:9").send(say("x"))
    with pytest.raises(ChannelDown, match="not DingTalk's API"):
        await bench.build(api_url=f"{bench.fake.base}/portal").send(say("x"))


async def test_there_is_nothing_to_send(bench: Bench) -> None:
    with pytest.raises(MessageRefused, match="nothing to send"):
        await bench.channel.send(say("  "))


# The token


async def test_the_token_is_asked_for_once_however_many_wait(bench: Bench) -> None:
    await asyncio.gather(*(bench.channel.send(say(f"{number}", key=f"{number}")) for number in range(8)))

    assert len(bench.fake.called(TOKEN)) == 1
    assert len(bench.texts()) == 8


async def test_a_token_that_ended_early_is_renewed_once(bench: Bench) -> None:
    await bench.channel.send(say("one"))
    bench.fake.tokens.clear()
    await asyncio.gather(*(bench.channel.send(say(f"{number}", key=f"{number}")) for number in range(4)))
    bench.fake.refusals[SEND_TO_PERSON].extend(Refusal(400, "InvalidAuthentication") for _ in range(2))
    with pytest.raises(ChannelRefused, match="InvalidAuthentication"):
        await bench.channel.send(say("three"))

    assert len(bench.texts()) == 5
    assert len(bench.fake.called(TOKEN)) == 3


async def test_a_message_of_a_card_ref_is_not_mistaken_for_a_card(bench: Bench) -> None:
    ref = await bench.channel.send(say("one"))
    again = await bench.channel.send(say("two", key="k2", replaces=Ref(address=DIRECT, id=ref.id)))

    assert bench.texts() == ["one", "two"]
    assert again.id != ref.id
