"""What a turn has found when it gives up, in a few lines for a person. It shows nothing that was meant for a model."""

from collections.abc import Mapping, Sequence

from agents.models.context import CallOutcome, Prepared, calls_in, subject_of
from agents.tools.tool import Tool
from agents.words import quoted
from channels.locales import say
from governance.masking import for_chat
from governance.values.verdicts import Effect

RESULTS = 3
_LINES = 2
_LONGEST_TEXT, _LONGEST_SUBJECT, _LONGEST_RESULT = 400, 80, 200


def so_far(own: Sequence[Prepared], tools: Mapping[str, Tool], language: str) -> str:
    """The last words of the model and the last results of its calls, below a heading; empty when there are none."""
    asked: dict[str, tuple[str, str]] = {}
    results: dict[tuple[str, str], str] = {}
    text = ""
    for body in own:
        if body.role == "assistant":
            text = str(body.get("content") or "").strip() or text
            asked.update(asked_in(body))
        elif body.role == "tool" and body.outcome in (CallOutcome.DONE, CallOutcome.FAILED):
            call = asked.get(str(body["tool_call_id"]), ("", ""))
            results.pop(call, None)
            results[call] = _result(body, tools.get(call[0]), language)
    lines = [quoted(for_chat(text), _LONGEST_TEXT)] if text else []
    for (name, subject), shown in list(results.items())[-RESULTS:]:
        about = f" {quoted(for_chat(subject), _LONGEST_SUBJECT)}" if subject else ""
        lines.append(f"- {name}{about}: {shown}")
    return "\n".join([say("turn.found", language), *lines]) if lines else ""


def asked_in(body: Prepared) -> Mapping[str, tuple[str, str]]:
    """The calls that a message of the model asks for: by the name that it gave each, the tool and what it is about."""
    return {call_id: (name, subject_of(arguments)) for call_id, name, arguments in calls_in(body)}


def _result(body: Prepared, tool: Tool | None, language: str) -> str:
    """The last lines of what a command wrote, or the first of anything else, without what we noted for the model."""
    is_command = tool is not None and tool.effect is Effect.RUNS
    if body.outcome is CallOutcome.FAILED and not is_command:
        return say("turn.found_failed", language)
    lines = [line for line in str(body["content"]).splitlines() if line.strip() and not _is_note(line)]
    kept = lines[-_LINES:] if is_command else lines[:_LINES]
    return quoted(for_chat("\n".join(kept)), _LONGEST_RESULT) if kept else say("turn.found_nothing", language)


def _is_note(line: str) -> bool:
    return line.startswith("(") and line.endswith(")")
