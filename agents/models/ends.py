"""Every provider's word for why an answer ended, read as one of ours."""

from agents.models.protocol import End

_WORDS = {
    End.CALLS: ("tool_calls", "function_call", "tool_use"),
    End.FILTERED: (
        "content_filter",
        "content_filtered",
        "sensitive",  # Zhipu
        "guardrail_intervened",  # Bedrock
        "safety",  # Gemini, as are those that follow
        "recitation",
        "language",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "image_prohibited_content",
    ),
    End.LENGTH: (
        "length",
        "max_tokens",  # Anthropic, Gemini
        "max_output_tokens",
        "model_context_window_exceeded",  # Anthropic
        "model_length",  # Mistral
        "pause_turn",  # Anthropic: a long turn is handed back, and goes on when asked to
    ),
    End.REFUSED: ("refusal",),
    End.STOP: ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed"),
}
_ENDS = {word: end for end, words in _WORDS.items() for word in words}
BROKEN = frozenset(
    {
        "abort",  # vLLM
        "error",  # OpenRouter, Mistral
        "insufficient_system_resource",  # DeepSeek
        "malformed_function_call",  # Gemini
        "malformed_response",
        "network_error",  # Zhipu
        "too_many_tool_calls",
        "unexpected_tool_call",
    }
)
"""Words of an answer that did not end but failed."""


def end_of(reason: str) -> End:
    """What the provider's word means; UNKNOWN is no success, and the word itself is told."""
    return _ENDS.get(reason.lower(), End.UNKNOWN)
