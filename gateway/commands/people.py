"""Commands about persons: who one is, who there is, and in which language one is spoken to."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from channels.locales import language_called, languages, listed, say
from channels.mistakes import LOOSELY, nearest
from channels.text.grammar import behind_words, is_word, word_called
from channels.times import moment, zone_called, zone_name, zone_of
from gateway.commands.command import CommandCall, Misused, Unfit, said
from gateway.commands.marks import bullets, verbatim
from governance.accounts.sentences import sentence_of
from governance.people.people import People, Person, Role
from governance.people.wrong import OwnRole
from governance.record.transaction import Store
from governance.schedules.schedules import Schedules

_LISTED = 100
_ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about persons use."""

    store: Store
    people: People
    schedules: Schedules


Call: TypeAlias = CommandCall[Needs]


async def person_named(call: CommandCall[Any], name: str, people: People) -> Person:
    """The active person of that name, with or without an @. Raises Unfit."""
    wanted = name.removeprefix("@")
    person = await people.by_name(wanted)
    if person is not None:
        return person
    near = nearest(wanted, await people.names_like(wanted), LOOSELY)
    key = "person.missing.near" if near else "person.missing"
    raise Unfit(call.say(key, name=verbatim(wanted), near=near and verbatim(near)))


async def whoami(call: Call) -> str:
    """The caller as Nexora knows them."""
    person, sender = call.person, call.inbound.sender
    role = say(f"role.{person.role.value}", call.person.language)
    names = listed(sorted(person.agents), call.person.language)
    return "\n".join(
        (
            call.say("whoami", label=verbatim(person.label), role=role),
            call.say("whoami.account", id=verbatim(sender.id), channel=verbatim(sender.channel)),
            call.say("whoami.agents", agents=names) if names else call.say("whoami.no_agents"),
        )
    )


async def people(call: Call) -> str:
    """Everybody, disabled ones too, or those in whose name the words occur; a hundred at most, which is said.

    With "role" or "name" and more words it changes the role of somebody, or the name that others read.
    """
    words = call.words
    if words and is_word(words[0], "role") and len(words) in {3, 4} and is_word(words[2], *_ROLES):
        return await _set_role(call)
    if words and is_word(words[0], "name") and len(words) > 2:  # noqa: PLR2004  # the word, who, what they are called
        return await _set_shown(call)
    found = await call.needs.people.page(search=call.rest, limit=_LISTED + 1)
    if not found:
        return call.say("people.nobody", words=verbatim(call.rest.strip()))
    text = bullets([_line(call, person) for person in found[:_LISTED]])
    return f"{text}\n{call.say('people.more', listed=_LISTED)}" if len(found) > _LISTED else text


async def _set_role(call: Call) -> str:
    """Give somebody a role; one's own is given up with another word that says so."""
    person, role = await person_named(call, call.words[1], call.needs.people), Role(word_called(call.words[2], *_ROLES))
    is_sure = is_word(call.words[-1], "sure")
    if len(call.words) == 4 and not is_sure:  # noqa: PLR2004  # with the word that confirms it
        raise Misused
    try:
        changed = await call.needs.people.set_role(person.id, role, by=call.person, is_sure=is_sure, origin=call.origin)
    except OwnRole as error:
        how = call.say("people.sure", name=person.name, role=call.words[2].casefold())
        return f"{sentence_of(error, call.person.language)} {how}"
    return _line(call, changed)


async def _set_shown(call: Call) -> str:
    """Change what others read of somebody; what can be mistaken for another's is refused, with a free one."""
    person = await person_named(call, call.words[1], call.needs.people)
    shown = " ".join(behind_words(call.rest, 2).split())[:100]
    return _line(
        call, await call.needs.people.describe(person.id, by=call.person, display_name=shown, origin=call.origin)
    )


def _line(call: Call, person: Person) -> str:
    name, role = verbatim(person.label), say(f"role.{person.role.value}", call.person.language)
    if not person.active:
        return call.say("people.disabled", name=name, role=role)
    return call.say(
        "people.line",
        name=name,
        role=role,
        agents=listed(sorted(person.agents), call.person.language) or call.say("people.none"),
    )


async def language(call: Call) -> str:
    """Speak another language with the caller from now on: its code, or what it is called in any of those there are.

    Without one it lists those.
    """
    if not call.words:
        known = listed((f"`{code}` {say('language.name', code)}" for code in languages()), call.person.language)
        return call.say("language.known", known=known)
    wanted = language_called(call.rest)
    if wanted is None:
        raise Misused
    person = await call.needs.people.describe(call.person.id, by=call.person, language=wanted, origin=call.origin)
    return said("language.set", person.language)


async def timezone(call: Call) -> str:
    """Tell the caller times in another zone from now on: a city, a zone's name or UTC+8; `auto` is nobody's own."""
    person, now = call.person, call.needs.store.now()
    if not call.words:
        zone = zone_of(person.time_zone, person.language)
        return call.say("timezone.is", zone=zone_name(now, zone, person.language), now=call.moment(now))
    wanted = "" if is_word(call.rest, "auto") else zone_called(call.rest)
    if wanted is None:
        raise Unfit(call.say("timezone.unknown", zone=verbatim(call.rest.strip())))
    after = await call.needs.people.describe(person.id, by=person, time_zone=wanted, origin=call.origin)
    zone = zone_of(after.time_zone, after.language)
    named = zone_name(now, zone, after.language)
    told = call.say("timezone.set", zone=named, now=moment(now, after.language, after.time_zone))
    following = [each for each in await call.needs.schedules.of(person.id) if not each.time_zone]
    return f"{told} {call.say('timezone.schedules', count=len(following))}" if following else told
