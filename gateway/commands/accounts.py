"""Commands that join a chat account to its person and part them. `link` also answers somebody whom nobody knows."""

from dataclasses import dataclass
from typing import TypeAlias

from channels.base import NexoraError
from channels.locales import languages, listed, say, say_to
from channels.messages import Account, Inbound
from gateway.commands.command import CommandCall, Misused
from gateway.commands.marks import verbatim
from governance.accounts.accounts import Accounts
from governance.accounts.sentences import sentence_of
from governance.people.people import CONSOLE
from governance.record.transaction import DatabaseAway


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about chat accounts use. `public_url` is empty where the settings give none."""

    accounts: Accounts
    public_url: str


Call: TypeAlias = CommandCall[Needs]


async def link(inbound: Inbound, rest: str, needs: Needs) -> str:
    """The answer to /link from an account that is linked to nobody, in every language where its own is not known.

    With a code from the console it links the account; without one it gives a code for the console, in a direct
    conversation only. Raises DatabaseAway.
    """
    if rest.strip():
        return await _redeem(inbound, rest, needs)
    if not inbound.is_direct:
        return say_to(inbound.text, inbound.language, "command.link.direct")
    code = await needs.accounts.code_for_account(inbound.sender)
    where = f" ({needs.public_url})" if needs.public_url else ""
    told = (inbound.text, inbound.language)
    return f"{say_to(*told, 'command.link.code', code=code, where=where)}\n\n{say_to(*told, 'command.link.other_way')}"


async def _redeem(inbound: Inbound, code: str, needs: Needs) -> str:
    try:
        made = await needs.accounts.link_from_chat(inbound.sender, code, inbound.address)
    except DatabaseAway:
        raise
    except NexoraError as error:
        return "\n".join(sentence_of(error, language) for language in languages())
    word, language = "command.link.done" if made.is_done else "command.link.asked", made.person.language
    return say(word, language, name=verbatim(made.person.label), channels=listed(made.asked, language))


async def link_known(call: Call) -> str:
    """The same from somebody known: their account is linked, and the console gives codes for other chats."""
    if call.inbound.sender.channel != CONSOLE:
        return call.say("link.known", name=verbatim(call.person.label))
    if call.words:
        return call.say("link.console_code")
    return call.say("link.console", code=await call.needs.accounts.code_for_person(call.person))


async def unlink(call: Call) -> str:
    """Part the account that this was typed with from its person, or another one of theirs that is named."""
    if call.words:
        return await _unlink_other(call)
    if call.inbound.sender.channel == CONSOLE:
        return call.say("unlink.console")
    sender = call.inbound.sender
    parted = await call.needs.accounts.unlink(sender, by=call.person, origin=call.origin, typed_at=sender)
    return call.say("unlink.done" if parted else "unlink.none")


async def _unlink_other(call: Call) -> str:
    channel, _, account_id = call.rest.strip().partition(" ")
    if not account_id.strip():
        raise Misused
    account = Account(channel=channel, id=account_id.strip(), name="")
    accounts, person = call.needs.accounts, call.person
    sender = call.inbound.sender
    parted = await accounts.unlink(account, by=person, of=person.id, origin=call.origin, typed_at=sender)
    word = "unlink.other" if parted else "unlink.not_yours"
    return call.say(word, channel=verbatim(account.channel), account=verbatim(account.id))
