"""The platform's own SDK, python-telegram-bot over httpx, against our fake: what it takes, the fake must give.

What our adapter replaces (polling, the HTTP layer) is the SDK's own here, in another process: ours keeps httpx out.
"""

import asyncio
import sys
import textwrap
from pathlib import Path

from tests.platforms.telegram import ALICE, TOKEN, FakeTelegram

PATIENCE_SECONDS = 60.0
"""The program loads the SDK first, and other tests run beside it."""
BOT = """
    import sys
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
    from telegram.constants import ChatAction, ParseMode
    from telegram.error import BadRequest
    from telegram.ext import Application, CallbackQueryHandler, MessageHandler, filters

    token, base, picture = sys.argv[1:]

    async def heard(update, context):
        if update.edited_message:
            await update.edited_message.reply_text(f"corrected: {update.edited_message.text}")
            return
        await update.message.chat.send_action(ChatAction.TYPING)
        await context.bot.send_message_draft(update.message.chat_id, 1, "gro")
        sent = await update.message.reply_text("*hello*", parse_mode=ParseMode.MARKDOWN_V2, do_quote=True)
        await sent.edit_text("<b>hello</b> again", parse_mode=ParseMode.HTML)
        try:
            await sent.edit_text("<b>hello</b> again", parse_mode=ParseMode.HTML)
        except BadRequest as error:
            assert "Message is not modified" in error.message, error
        buttons = [InlineKeyboardButton(label, callback_data=f"ap|x|{label[0]}") for label in ("approve", "deny")]
        await update.message.reply_text("Run it?", reply_markup=InlineKeyboardMarkup([buttons]))
        await update.message.reply_photo(picture, caption="a picture")
        if update.message.document:
            file = await update.message.document.get_file()
            await update.message.reply_text((await file.download_as_bytearray()).decode())

    async def pressed(update, context):
        await update.callback_query.answer("noted")
        name, data = update.effective_user.first_name, update.callback_query.data
        await update.callback_query.edit_message_text(f"by {name}: {data}")

    app = Application.builder().token(token).base_url(base + "/bot").base_file_url(base + "/file/bot").build()
    app.add_handler(MessageHandler(filters.ALL, heard))
    app.add_handler(CallbackQueryHandler(pressed))
    app.run_polling(timeout=1, allowed_updates=Update.ALL_TYPES)
"""


async def test_a_bot_of_the_sdk_hears_answers_edits_and_is_pressed(tmp_path: Path) -> None:
    fake, home = FakeTelegram(), ALICE["id"]
    await fake.start()
    picture = tmp_path / "dot.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    program = tmp_path / "bot.py"
    program.write_text(textwrap.dedent(BOT))
    bot = await asyncio.create_subprocess_exec(sys.executable, str(program), TOKEN, fake.base, str(picture))
    try:
        chats = fake.chats
        chats.files["F1"] = ("a.txt", b"the bytes of it")
        document = {"file_id": "F1", "file_unique_id": "u", "file_name": "a.txt", "file_size": 15}
        chats.say(home, ALICE, document=document, caption="look")
        await fake.until(lambda: len(chats.sent[home]) == 4, PATIENCE_SECONDS)
        answer, card, photo, content = chats.sent[home]
        chats.press(home, card.id, card.keyboard[0][0]["callback_data"], ALICE)
        await fake.until(lambda: card.text.startswith("by "), PATIENCE_SECONDS)
        said = chats.say(home, ALICE, text="meet at five")
        await fake.until(lambda: len(chats.sent[home]) == 7, PATIENCE_SECONDS)
        chats.edit(home, said, "meet at six")
        await fake.until(lambda: chats.sent[home][-1].text == "corrected: meet at six", PATIENCE_SECONDS)
    finally:
        bot.terminate()
        await bot.wait()
        await fake.stop()

    assert (answer.text, [entity.kind for entity in answer.entities]) == ("hello again", ["bold"])
    assert answer.answers
    assert card.text == f"by {ALICE['first_name']}: ap|x|a"
    assert card.keyboard == []
    assert photo.file == ("photo", "dot.png", picture.read_bytes())
    assert (photo.text, content.text) == ("a picture", "the bytes of it")
    assert chats.actions[0] == (home, 0, "typing")
    assert chats.previews[home][0] == "gro"
    assert [given["text"] for given in chats.answered.values()] == ["noted"]
