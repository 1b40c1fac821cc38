"""What Slack refuses in a message, in Slack's own words (docs.slack.dev/reference/block-kit and /methods)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_MARKDOWN = 12_000
MAX_ALL_BLOCKS = 13_200
MAX_VIEW_BLOCKS = 100
MAX_METADATA = 3_000
RICH_ELEMENTS = {"rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list"}
RICH_LEAVES = {"text", "link", "emoji", "user", "broadcast", "channel"}
STYLES = {None, "primary", "danger"}


@dataclass
class SlackError(Exception):
    """An answer with ok: false; `more` goes into the body, `headers` and `status` onto the response."""

    word: str
    more: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def check_message(body: dict[str, Any]) -> None:
    """Raise what Slack answers to a message that breaks its rules."""
    text, blocks = body.get("text") or "", body.get("blocks") or []
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if len(text) > MAX_TEXT:
        raise SlackError("msg_too_long")
    if problems := list(_problems(blocks)):
        raise SlackError("invalid_blocks", {"response_metadata": {"messages": [f"[ERROR] {p}" for p in problems]}})
    if sum(len(block.get("text", "")) for block in blocks if block["type"] == "markdown") > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    if sum(len(json.dumps(block, ensure_ascii=False)) for block in blocks) > MAX_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    _check_metadata(body.get("metadata"))


def check_view(view: dict[str, Any], kind: str) -> None:
    """Raise what Slack answers to a form or a home that breaks its rules (docs.slack.dev/reference/views)."""
    problems = list(_view_problems(view, kind))
    if problems:
        raise SlackError("invalid_arguments", {"response_metadata": {"messages": [f"[ERROR] {p}" for p in problems]}})


def _view_problems(view: dict[str, Any], kind: str) -> Iterator[str]:
    blocks = view.get("blocks", [])
    if view.get("type") != kind:
        yield f"must be a {kind} [json-pointer:/view/type]"
    if len(view.get("private_metadata", "")) > MAX_METADATA:
        yield f"must be less than {MAX_METADATA + 1} characters [json-pointer:/view/private_metadata]"
    if not 1 <= len(blocks) <= MAX_VIEW_BLOCKS:
        yield f"between 1 and {MAX_VIEW_BLOCKS} items required [json-pointer:/view/blocks]"
    for block in blocks:
        yield from _block_problems(block)
    if kind == "modal":
        for part in ("title", "submit", "close"):
            yield from _text_problems(view.get(part), 24, {"plain_text"})


def check_markdown(text: str | None) -> None:
    if text is not None and len(text) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")


def _check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not metadata.get("event_type") or "event_payload" not in metadata:
        raise SlackError("invalid_metadata_format")


def _problems(blocks: list[dict[str, Any]]) -> Iterator[str]:
    if len(blocks) > MAX_BLOCKS:
        yield f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        for problem in _block_problems(block):
            yield f"{problem} [json-pointer:/blocks/{number}]"
    ids = [(e.get("action_id"), e.get("value")) for b in blocks if b.get("type") == "actions" for e in b["elements"]]
    if len(ids) != len(set(ids)):
        yield "action_id must be unique within a block"


def _block_problems(block: dict[str, Any]) -> Iterator[str]:
    check = CHECKS.get(str(block.get("type")))
    return iter([f"unsupported type: {block.get('type')}"]) if check is None else check(block)


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _text_problems(block.get("text"), 150, {"plain_text"})


def _section(block: dict[str, Any]) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield "missing required field: text"
    if block.get("text"):
        yield from _text_problems(block["text"], 3000, {"plain_text", "mrkdwn"})
    for text in block.get("fields", []):
        yield from _text_problems(text, 2000, {"plain_text", "mrkdwn"})


def _markdown(block: dict[str, Any]) -> Iterator[str]:
    if not block.get("text"):
        yield "must be more than 0 characters"


def _context(block: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(block.get("elements", [])) <= 10:
        yield "between 1 and 10 elements required"
    for text in block.get("elements", []):
        yield from _text_problems(text, 2000, {"plain_text", "mrkdwn"})


def _text_problems(text: Any, limit: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be one of {sorted(kinds)}"
    elif not text.get("text"):
        yield "must be more than 0 characters"
    elif len(text["text"]) > limit:
        yield f"must be less than {limit + 1} characters"


def _actions(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield "between 1 and 25 elements required"
    for element in elements:
        if element.get("type") != "button":
            yield f"unsupported type: {element.get('type')}"
            continue
        yield from _text_problems(element.get("text"), 75, {"plain_text"})
        if len(element.get("value", "")) > 2000:
            yield "value must be less than 2001 characters"
        if not 1 <= len(element.get("action_id", "")) <= 255:
            yield "action_id must be between 1 and 255 characters"
        if element.get("style") not in STYLES:
            yield f"unsupported style: {element.get('style')}"


def _rich_text(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements", [])
    if not elements:
        yield "missing required field: elements"
    for element in elements:
        if element.get("type") not in RICH_ELEMENTS:
            yield f"unsupported type: {element.get('type')}"
            continue
        for leaf in element.get("elements", []):
            if leaf.get("type") not in RICH_LEAVES:
                yield f"unsupported type: {leaf.get('type')}"
            elif leaf["type"] == "text" and not leaf.get("text"):
                yield "must be more than 0 characters"


def _divider(_block: dict[str, Any]) -> Iterator[str]:
    return iter(())


def _input(block: dict[str, Any]) -> Iterator[str]:
    yield from _text_problems(block.get("label"), 2000, {"plain_text"})
    element = block.get("element", {})
    if element.get("type") != "plain_text_input":
        yield f"unsupported type: {element.get('type')}"
    if not 1 <= int(element.get("max_length", 3000)) <= 3000:
        yield "max_length must be between 1 and 3000"


CHECKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "divider": _divider,
    "header": _header,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
}
