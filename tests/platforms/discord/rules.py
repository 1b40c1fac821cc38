"""What Discord refuses in a message, with its own numbers and words (topics/opcodes-and-status-codes)."""

import base64
import re
from typing import Any

Json = dict[str, Any]

CREATE = {
    *("allowed_mentions", "attachments", "components", "content", "embeds", "enforce_nonce", "flags"),
    *("message_reference", "nonce", "tts"),
}
EDIT = {"allowed_mentions", "attachments", "components", "content", "embeds", "flags", "tts"}
FOLLOW_UP = {"allowed_mentions", "attachments", "components", "content", "embeds", "flags", "tts"}
LOCALES = {
    *(
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en-GB",
        "en-US",
        "es-419",
        "es-ES",
        "fi",
        "fr",
        "hi",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
    ),
    *("ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW"),
}
SENDABLE_FLAGS = 1 << 2 | 1 << 6 | 1 << 12 | 1 << 13 | 1 << 15


class DiscordError(Exception):
    """A call is refused."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
VOICE_ALONE = (400, 50159, "Voice messages do not support additional content")
ONE_VOICE = (400, 50160, "Voice messages must have a single audio attachment")
VOICE_TOLD = (400, 50161, "Voice messages must have supporting metadata")
NO_VOICES = (403, 50173, "Cannot send voice messages in this channel")
EMPTY = (400, 50006, "Cannot send an empty message")
CLOSED_TO_YOU = (403, 50007, "Cannot send messages to this user")


def invalid(field: str, code: str, words: str) -> DiscordError:
    return DiscordError(400, 50035, "Invalid Form Body", {field: {"_errors": [{"code": code, "message": words}]}})


def check_message(body: Json, fields: set[str], *, has_files: bool = False, before: Json | None = None) -> None:
    """Raise what Discord would for this message; `before` is what an edit starts from."""
    for field in body:
        if field not in fields:
            raise invalid(field, "UNKNOWN_FIELD", "This field is not known here.")
    content = body.get("content", (before or {}).get("content", "")) or ""
    if len(content.encode("utf-16-le", "surrogatepass")) // 2 > 2000:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    if not content.strip() and not has_files and not body.get("embeds"):
        raise DiscordError(*EMPTY)
    if len(str(body.get("nonce", ""))) > 25:
        raise invalid("nonce", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if int(body.get("flags") or 0) & ~SENDABLE_FLAGS:
        raise invalid("flags", "INVALID_FLAGS", "Flags may not be set.")
    _check_mentions(body.get("allowed_mentions"))
    _check_components(body.get("components") or [])


def _check_mentions(allowed: Any) -> None:
    if allowed is None:
        return
    if set(allowed) - {"parse", "replied_user", "roles", "users"} or set(allowed.get("parse", [])) - {
        *("everyone", "roles", "users")
    }:
        raise invalid("allowed_mentions", "INVALID", "Not a form of allowed mentions.")


def _check_components(rows: list[Json]) -> None:
    if len(rows) > 5:
        raise invalid("components", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    seen: set[str] = set()
    for row in rows:
        if row.get("type") != 1 or not 1 <= len(row.get("components", ())) <= 5:
            raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for button in row["components"]:
            _check_button(button, seen)


def _check_button(button: Json, seen: set[str]) -> None:
    if button.get("type") != 2 or button.get("style") not in {1, 2, 3, 4}:
        raise invalid("components", "UNION_TYPE_CHOICES", "Value of field type must be one of the known ones.")
    if not 1 <= len(button.get("label") or "") <= 80:
        raise invalid("label", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    name = button.get("custom_id") or ""
    if not 1 <= len(name) <= 100:
        raise invalid("custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if name in seen:
        raise invalid("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    seen.add(name)


def check_voice(body: Json, files: list[Json]) -> None:
    """Raise what Discord would for this voice message."""
    if body.get("content") or body.get("embeds") or body.get("components"):
        raise DiscordError(*VOICE_ALONE)
    if len(files) != 1 or not files[0]["media_type"].startswith("audio/"):
        raise DiscordError(*ONE_VOICE)
    try:
        points = base64.b64decode(files[0]["waveform"], validate=True)
        if not 1 <= len(points) <= 256 or float(files[0]["duration_secs"]) <= 0:
            raise DiscordError(*VOICE_TOLD)
    except (KeyError, TypeError, ValueError):
        raise DiscordError(*VOICE_TOLD) from None


def check_modal(data: Json, kind: int) -> None:
    """Raise what Discord would for this form, as the answer to an interaction of that kind."""
    if kind not in {2, 3}:
        raise invalid("type", "INTERACTION_CALLBACK_TYPE_INVALID", "This interaction cannot be answered by a form.")
    if not 1 <= len(data.get("custom_id") or "") <= 100 or not 1 <= len(data.get("title") or "") <= 45:
        raise invalid("data", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
    if not 1 <= len(data.get("components") or ()) <= 5:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for outer in data["components"]:
        inner = [outer.get("component") or {}] if outer.get("type") == 18 else outer.get("components") or [{}]
        if outer.get("type") not in {1, 18} or any(field.get("type") != 4 for field in inner):
            raise invalid("components", "UNION_TYPE_CHOICES", "Value of field type must be one of the known ones.")
        if outer["type"] == 18 and not (
            1 <= len(outer.get("label") or "") <= 45 and len(outer.get("description") or "") <= 100
        ):
            raise invalid("label", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
        for field in inner:
            _check_field(field, is_labelled=outer["type"] == 18)


def _check_field(field: Json, *, is_labelled: bool) -> None:
    if not 1 <= len(field.get("custom_id") or "") <= 100 or field.get("style") not in {1, 2}:
        raise invalid("custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if is_labelled == bool(field.get("label")):
        raise invalid("label", "BASE_TYPE_REQUIRED", "A field has its own label, or one around it.")
    if not 1 <= int(field.get("max_length", 4000)) <= 4000 or len(field.get("placeholder") or "") > 100:
        raise invalid("max_length", "NUMBER_TYPE_MAX", "Must be between 1 and 4000.")


def check_choices(data: Json, kind: int) -> None:
    """Raise what Discord would for these completions, as the answer to an interaction of that kind."""
    if kind != 4:
        raise invalid("type", "INTERACTION_CALLBACK_TYPE_INVALID", "Only an unfinished command is answered by choices.")
    if not isinstance(data.get("choices"), list) or len(data["choices"]) > 25:
        raise invalid("choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for choice in data["choices"]:
        if not 1 <= len(choice.get("name") or "") <= 100 or not 1 <= len(choice.get("value") or "") <= 100:
            raise invalid("choices", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def check_command(body: Json) -> None:
    """Raise what Discord would for this definition of a slash command."""
    _check_named(body)
    for option in body.get("options", ()):
        _check_named(option)
        if option.get("autocomplete") and (option.get("choices") or option.get("type") not in {3, 4, 10}):
            raise invalid(
                "autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE", "Autocomplete and choices exclude each other"
            )


def _check_named(body: Json) -> None:
    for name in (body.get("name") or "", *(body.get("name_localizations") or {}).values()):
        if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower():
            raise invalid("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for words in (body.get("description") or "", *(body.get("description_localizations") or {}).values()):
        if not 1 <= len(words) <= 100:
            raise invalid("description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    for locale in {*(body.get("name_localizations") or {}), *(body.get("description_localizations") or {})}:
        if locale not in LOCALES:
            raise invalid("name_localizations", "ENUM_TYPE_COERCE", f"Value {locale} is not a locale.")


def unlocalized(command: Json) -> Json:
    """A command as it is listed to whoever does not ask for its languages."""
    plain = {key: value for key, value in command.items() if not key.endswith("_localizations")}
    return plain | {"options": [unlocalized(option) for option in command["options"]]} if "options" in plain else plain
