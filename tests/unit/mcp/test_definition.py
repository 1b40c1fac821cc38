"""Servers as people write them down, and the one form in which we do."""

import json

import pytest

from agents.mcp.definition import (
    DeclaredEffect,
    DeclaredTool,
    DefinitionInvalid,
    HttpTransport,
    ServerDefinition,
    StdioTransport,
    as_stored,
    written,
)
from agents.mcp.reading import definition_of, definitions_in, left_out

STDIO = {"command": "uvx", "args": ["mcp-server-time"]}
FORMS = {
    "an assistant's file": {"mcpServers": {"time": STDIO}},
    "an editor's file": {"servers": {"time": {"type": "stdio", **STDIO}}, "inputs": []},
    "an editor's settings": {"mcp": {"servers": {"time": STDIO}}},
    "another editor": {"context_servers": {"time": {"command": {"path": "uvx", "args": ["mcp-server-time"]}}}},
    "a terminal assistant": {"mcp": {"time": {"type": "local", "command": ["uvx", "mcp-server-time"]}}},
    "servers alone": {"time": STDIO},
    "one server": {"name": "time", **STDIO},
    "a line": {"time": {"command": "uvx mcp-server-time"}},
    "a list": [{"name": "time", **STDIO}],
}


@pytest.mark.parametrize("given", FORMS.values(), ids=FORMS.keys())
def test_every_common_form_is_the_same_server(given):
    assert definitions_in(json.dumps(given)) == [
        ServerDefinition(name="time", transport=StdioTransport(command="uvx", args=("mcp-server-time",)))
    ]


@pytest.mark.parametrize("kind", ["http", "sse", "streamable-http", "remote", ""])
@pytest.mark.parametrize("key", ["url", "serverUrl", "httpUrl"])
def test_a_server_at_an_address_is_one_by_whatever_name(kind, key):
    text = json.dumps(
        {"mcpServers": {"hub": {"type": kind, key: "https://hub.example/mcp", "headers": {"X-Team": "a"}}}}
    )

    (hub,) = definitions_in(text)

    assert hub.transport == HttpTransport(url="https://hub.example/mcp", headers={"X-Team": "a"})


def test_what_was_pasted_from_a_page_is_read_too():
    (found,) = definitions_in(
        '```json\n{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"],}},}\n```'
    )

    assert found.name == "time"


def test_what_is_written_is_read_as_the_same():
    server = ServerDefinition(
        name="文件",
        transport=StdioTransport(command="npx", args=("-y", "x"), env={"TOKEN": "${HUB}"}, hosts=("api.example",)),
        tools={"send": DeclaredTool(effect=DeclaredEffect.SENDS, destinations=("to", "cc"))},
        only=("send",),
        approved="ab" * 32,
    )

    assert definition_of("", as_stored(server)) == server
    assert definitions_in(written(server)) == [server]


def test_a_secret_is_named_and_never_written():
    header = {"Authorization": "Bearer ${HUB_TOKEN}"}
    (hub,) = definitions_in(json.dumps({"hub": {"url": "https://hub.example", "headers": header}}))

    assert hub.references == ("HUB_TOKEN",)
    with pytest.raises(DefinitionInvalid, match=r"hub: `headers.Authorization` holds a key; keep it as a secret"):
        definitions_in(
            json.dumps(
                {"hub": {"url": "https://hub.example", "headers": {"Authorization": "Bearer ghp_" + "a8Kd2" * 7 + "x"}}}
            )
        )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"a": {}}, "a: `command` or `url` is missing"),
        ({"a": {"type": "http"}}, "a: `url` is missing"),
        ({"a": {"url": "hub.example"}}, "a: `url` is no address"),
        ({"a": {"type": "pipe", "command": "x"}}, "a: `type` must be stdio or http"),
        ({"a": {"command": "x", "tools": {"t": "destroys"}}}, "a: tools.t: the effect is one of changes, fetches"),
        ({"a": {"command": "x", "tools": {"t": "fetches"}}}, "a: a tool that fetches needs the one argument"),
        ({"a": {"command": "x", "timeout_seconds": 0}}, "a: timeout_seconds must be from 1 to 3600"),
        ({"a": "x"}, "a: must be a mapping"),
        ([], "no server is defined"),
        ("nothing", "must be a mapping of servers"),
    ],
)
def test_a_mistake_is_told_with_its_place(given, says):
    with pytest.raises(DefinitionInvalid) as told:
        definitions_in(json.dumps(given))

    assert says in str(told.value)


def test_what_nobody_declared_is_unknown_and_what_is_not_listed_is_not_offered():
    given = {"command": "x", "tools": {"read": "reads"}, "only": ["read", "write"], "disabled": False}
    server = definition_of("a", given)

    assert server.declared("read").effect is DeclaredEffect.READS
    assert server.declared("write").effect is DeclaredEffect.UNKNOWN
    assert (server.offers("write"), server.offers("drop")) == (True, False)
    assert left_out(given) == ("disabled",)
    assert definition_of("a", {"command": "x", "timeout": 30_000}).timeout_seconds == 30
    assert definition_of("a", {"command": "x", "tools": ["*"]}).only is None
