"""Reads how others write servers down: `.mcp.json`, the settings of editors and assistants, one server or many.

Read leniently, for people paste what they find; `definition.written` writes one form. It starts and looks up nothing.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from agents.call_forms.arguments import ArgumentsWrong
from agents.call_forms.loose_json import loose_arguments
from agents.mcp.definition import (
    REFERENCE,
    ActsAs,
    DeclaredEffect,
    DeclaredTool,
    DefinitionInvalid,
    HeardOver,
    HttpTransport,
    ServerDefinition,
    SignInTerms,
    StdioTransport,
)
from governance.masking import keys_in

LONGEST = 256 * 1024
"""So many characters of a text are read."""
_HOLDERS = ("mcpServers", "mcp_servers", "servers", "context_servers", "mcp")
"""Under which key the assistants and editors keep their servers."""
_URLS = ("url", "serverUrl", "httpUrl", "endpoint")
_ENVS = ("env", "environment")
_HTTP = frozenset({"http", "remote", "sse", "streamable-http", "streamable_http", "streamableHttp"})
_STDIO = frozenset({"local", "stdio"})
_KNOWN = frozenset(
    {*_URLS, *_ENVS, "name", "type", "transport", "command", "args", "folders", "headers", "hosts", "tools", "only"}
    | {"idle_seconds", "timeout_seconds", "acts_as", "mode", "approved", "oauth"}
)
_SECRET = re.compile(r"secret:([A-Za-z][A-Za-z0-9_.-]{0,63})")
_SECONDS = 1000
"""A time-out above this is in milliseconds, as several assistants write it."""


def definitions_in(text: str) -> list[ServerDefinition]:
    """Every server that a text defines. Raises DefinitionInvalid."""
    if len(text) > LONGEST:
        raise DefinitionInvalid(f"the text is longer than {LONGEST // 1024} KB")
    given = _parsed(text)
    found = [definition_of(name, one) for name, one in _servers(given)]
    if not found:
        raise DefinitionInvalid('no server is defined; write {"mcpServers": {"NAME": {"command": …}}}')
    return found


def definition_of(name: str, given: Mapping[str, Any]) -> ServerDefinition:
    """One server from its mapping. Raises DefinitionInvalid."""
    if not isinstance(given, Mapping):
        raise DefinitionInvalid(f"{name}: must be a mapping with `command` or `url`")
    label = str(given.get("name") or name)
    try:
        return ServerDefinition(
            name=label,
            transport=_transport(given),
            tools=_tools(given.get("tools")),
            only=_only(given),
            idle_seconds=_seconds(given, "idle_seconds", 600.0),
            timeout_seconds=_seconds(given, "timeout_seconds", _timeout(given)),
            acts_as=ActsAs(given.get("acts_as", ActsAs.INSTALLATION)),
            mode=HeardOver(given.get("mode", HeardOver.LEGACY)),
            approved=str(given["approved"]) if given.get("approved") else None,
        )
    except DefinitionInvalid as wrong:
        raise DefinitionInvalid(str(wrong) if str(wrong).startswith(f"{label}:") else f"{label}: {wrong}") from wrong
    except (TypeError, ValueError) as wrong:
        raise DefinitionInvalid(f"{label}: {wrong}") from wrong


def left_out(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a server that mean nothing here, to be told to whoever pasted it."""
    return tuple(sorted(str(key) for key in given if key not in _KNOWN))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        try:
            return loose_arguments(text)[0]
        except ArgumentsWrong:
            raise DefinitionInvalid("this is no JSON; paste the whole text, from its first { to its last }") from None


def _servers(given: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        for one in given:
            yield from _servers(one)
        return
    if not isinstance(given, Mapping):
        raise DefinitionInvalid("must be a mapping of servers by name")
    for holder in _HOLDERS:
        if isinstance(given.get(holder), Mapping | list):
            inner = given[holder]
            yield from _servers(inner) if isinstance(inner, list) else _named(inner)
            return
    if _is_server(given):
        yield str(given.get("name") or ""), given
    else:
        yield from _named(given)


def _named(given: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(given.get("servers"), Mapping):
        given = given["servers"]
    for name, one in given.items():
        yield str(name), one


def _is_server(given: Mapping[str, Any]) -> bool:
    return any(isinstance(given.get(key), str | list) for key in ("command", *_URLS))


def _transport(given: Mapping[str, Any]) -> StdioTransport | HttpTransport:
    kind = str(given.get("type") or given.get("transport") or "")
    url = next((str(given[key]) for key in _URLS if given.get(key)), "")
    if kind and kind not in _HTTP | _STDIO:
        raise DefinitionInvalid(f"`type` must be stdio or http, not {kind[:40]}")
    if url and kind not in _STDIO:
        headers = _texts(given.get("headers"), "headers")
        return HttpTransport(url=url.strip(), headers=headers, oauth=_oauth(given.get("oauth")))
    if kind in _HTTP:
        raise DefinitionInvalid("`url` is missing")
    command, args = _command(given)
    env = next((given[key] for key in _ENVS if given.get(key)), None)
    return StdioTransport(
        command=command,
        args=args,
        env=_texts(env, "env"),
        hosts=tuple(map(str, given.get("hosts") or ())),
        folders=tuple(map(str, given.get("folders") or ())),
    )


def _oauth(given: Any) -> SignInTerms:
    """What is settled about signing in. The secret stands as `secret:NAME`, never as itself."""
    if not given:
        return SignInTerms()
    if not isinstance(given, Mapping):
        raise DefinitionInvalid("`oauth` must be a mapping with `client_id`, `client_secret` and `scopes`")
    secret = str(given.get("client_secret") or given.get("clientSecret") or "")
    name = _SECRET.fullmatch(secret)
    if secret and name is None:
        raise DefinitionInvalid("`oauth.client_secret` must be secret:NAME; keep it with `nexora secret set NAME`")
    scopes = given.get("scopes") or given.get("scope") or ()
    return SignInTerms(
        client_id=str(given.get("client_id") or given.get("clientId") or ""),
        client_secret=name[1] if name else "",
        scopes=tuple(scopes.split() if isinstance(scopes, str) else map(str, scopes)),
    )


def _command(given: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The program and its arguments, however they are written: apart, as a list, in one line, or nested."""
    command: Any = given.get("command")
    args: Any = given.get("args") or ()
    if isinstance(command, Mapping):
        command, args = command.get("path"), command.get("args") or ()
    words = list(map(str, command)) if isinstance(command, list) else [str(command or "")]
    if isinstance(args, str):
        args = shlex.split(args)
    if len(words) == 1 and not args and " " in words[0].strip():
        words = shlex.split(words[0])
    if not words or not words[0]:
        raise DefinitionInvalid("`command` or `url` is missing")
    return words[0], (*words[1:], *_plain(map(str, args)))


def _plain(texts: Any) -> Iterator[str]:
    for text in texts:
        if REFERENCE.search(text):
            raise DefinitionInvalid("`args` can be read by everybody on the machine; give that value in `env`")
        yield _without_secret(text, "args")


def _texts(given: Any, what: str) -> Mapping[str, str]:
    if not isinstance(given or {}, Mapping):
        raise DefinitionInvalid(f"`{what}` must be a mapping of names to texts")
    return MappingProxyType(
        {str(key): _without_secret(_text(value), f"{what}.{key}") for key, value in (given or {}).items()}
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_secret(text: str, where: str) -> str:
    """The text, where it holds no key in the open."""
    if keys_in(REFERENCE.sub("", text)):
        raise DefinitionInvalid(f"`{where}` holds a key; keep it as a secret and write ${{NAME}} in its place")
    return text


def _tools(given: Any) -> Mapping[str, DeclaredTool]:
    if given is None or given == ["*"] or isinstance(given, list):
        return MappingProxyType({})
    if not isinstance(given, Mapping):
        raise DefinitionInvalid("`tools` must be a mapping of names to what each does")
    return MappingProxyType({str(name): _declared(str(name), one) for name, one in given.items()})


def _declared(name: str, given: Any) -> DeclaredTool:
    """One tool; its effect alone may stand as a word."""
    one = {"effect": given} if isinstance(given, str) else given
    if not isinstance(one, Mapping):
        raise DefinitionInvalid(f"tools.{name}: must be an effect, such as reads")
    try:
        effect = DeclaredEffect(str(one.get("effect", DeclaredEffect.UNKNOWN)))
    except ValueError:
        raise DefinitionInvalid(f"tools.{name}: the effect is one of {', '.join(DeclaredEffect)}") from None
    named: Any = one.get("destinations") or ()
    return DeclaredTool(effect=effect, destinations=(named,) if isinstance(named, str) else tuple(map(str, named)))


def _only(given: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The tools that may be used; some assistants write them as the list `tools`, with `*` for all."""
    named = given.get("only")
    if named is None and isinstance(given.get("tools"), list):
        named = given["tools"]
    return None if named is None or "*" in named else tuple(map(str, named))


def _seconds(given: Mapping[str, Any], key: str, otherwise: float) -> float:
    value = given.get(key)
    return otherwise if value is None else float(value)


def _timeout(given: Mapping[str, Any]) -> float:
    value = given.get("timeout")
    if not isinstance(value, int | float) or value <= 0:
        return 120.0
    return min(float(value) / 1000 if value > _SECONDS else float(value), 3600.0)
