"""How each provider is told to think before it answers, or not to. Nothing is sent where nobody knows the field.

The fields stand in the providers' own manuals: DeepSeek "Thinking Mode", Kimi "Thinking Models", Z.ai and Ark "Deep
Thinking", TokenHub 1823/131208, Qianfan Wm95lyynv, Bailian and SiliconFlow `enable_thinking`, MiniMax "OpenAI API",
OpenRouter "Reasoning Tokens", vLLM "Reasoning Outputs", Ollama "OpenAI compatibility". Some models cannot do without
(kimi-k3, MiniMax-M2.x, doubao-*-thinking), and keep thinking or refuse the field.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

Fields = Mapping[str, Any]


class Thinks(StrEnum):
    """Whether a model should think before it answers; `auto` leaves it to the provider. Alphabetical."""

    AUTO = "auto"
    OFF = "off"
    ON = "on"


def _typed(_model: str, thinks: bool) -> Fields:  # noqa: FBT001 - the shape of all of these
    return {"thinking": {"type": "enabled" if thinks else "disabled"}}


def _adaptive(_model: str, thinks: bool) -> Fields:  # noqa: FBT001
    return {"thinking": {"type": "adaptive" if thinks else "disabled"}}


def _enabled(_model: str, thinks: bool) -> Fields:  # noqa: FBT001
    return {"enable_thinking": thinks}


def _by_model(model: str, thinks: bool) -> Fields:  # noqa: FBT001
    """Qianfan serves models of several makers, each with the field of its maker."""
    is_typed = model.lower().startswith(("deepseek", "kimi", "glm"))
    return _typed(model, thinks) if is_typed else _enabled(model, thinks)


def _template(_model: str, thinks: bool) -> Fields:  # noqa: FBT001
    return {"chat_template_kwargs": {"enable_thinking": thinks}}


def _effort(_model: str, thinks: bool) -> Fields:  # noqa: FBT001
    return {"reasoning_effort": "medium" if thinks else "none"}


def _reasoning(_model: str, thinks: bool) -> Fields:  # noqa: FBT001
    return {"reasoning": {"enabled": thinks}}


SWITCHES: Mapping[str, Callable[[str, bool], Fields]] = {
    "dashscope": _enabled,
    "deepseek": _typed,
    "llamacpp": _template,
    "minimax": _adaptive,
    "modelscope": _enabled,
    "moonshot": _typed,
    "ollama": _effort,
    "openrouter": _reasoning,
    "qianfan": _by_model,
    "siliconflow": _enabled,
    "tokenhub": _typed,
    "vllm": _template,
    "volcengine": _typed,
    "zai": _typed,
}
"""By the provider's name."""


def switch(provider: str, model: str, thinks: Thinks) -> Fields:
    """The fields that every request to that model carries."""
    turn = SWITCHES.get(provider)
    return {} if turn is None or thinks is Thinks.AUTO else turn(model, thinks is Thinks.ON)
