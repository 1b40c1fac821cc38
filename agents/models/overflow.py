"""Recognises the refusal of a request that is too long for the model, and the length that it names.

No two servers word it alike, and few give it a code of its own. Each pattern below is the wording of a server that is
named beside it; the number that it captures, where it does, is the window in tokens.
"""

import re

_TOO_LONG = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"maximum (?:context|model|prompt|sequence) length (?:is|of) ([\d,]+)",  # OpenAI, vLLM, DeepSeek, xAI
        r"model maximum context length: ([\d,]+)",  # Fireworks
        r"([\d,]+) maximum context length",  # Mistral
        r"available context size \(([\d,]+)",  # llama.cpp
        r"prompt is too long(?:: [\d,]+ tokens > ([\d,]+))?",  # Anthropic
        r"exceed context limit: [\d,]+ \+ [\d,]+ > ([\d,]+)",  # Anthropic, with max_tokens
        r"input token count.*maximum number of tokens allowed\D{0,3}([\d,]+)?",  # Gemini
        r"range of input length should be \[\d+, ([\d,]+)\]",  # DashScope
        r"loaded with (?:a )?context length of (?:only )?([\d,]+)",  # LM Studio
        r"exceeded model token limit:? ([\d,]+)",  # Moonshot
        r"tokens`? must be <= ([\d,]+)\. given",  # text-generation-inference, Together
        r"(?:longer than the model's context length|exceeds the maximum allowed length) \(([\d,]+)",  # SGLang
        r"tokens in the prompt cannot exceed ([\d,]+)",  # Cohere
        r"prompt token count of [\d,]+ exceeds the limit of ([\d,]+)",  # GitHub
        r"request too large for .*tokens per min\D*limit ([\d,]+)",  # OpenAI, Groq: more than a minute's worth
        r"context_length_exceeded|exceed_context_size|context_window_exceeded|model_max_prompt_tokens_exceeded",
        r"exceeds? the (?:available )?context (?:size|window|length)|context window exceeds",  # Ollama, MiniMax
        r"(?:input|prompt) (?:length )?(?:is )?too long|prompt too long|too many tokens: ",  # Bedrock, Ollama
        r"greater than the context length|reduce the length of the (?:messages|input|prompt)",  # LM Studio, Groq
        r"prompt exceeds max length|prompt 超长|request_too_large",  # Zhipu, Anthropic
    )
)
_PAYLOAD_TOO_LARGE = 413


def is_too_long(detail: str, status: int = 0) -> bool:
    """Whether a refusal says that the request is longer than the model, or the server, takes."""
    return status == _PAYLOAD_TOO_LARGE or any(pattern.search(detail) for pattern in _TOO_LONG)


def window_in(detail: str) -> int | None:
    """The longest request in tokens that the refusal names, if it names one."""
    for pattern in _TOO_LONG:
        if (found := pattern.search(detail)) and found.groups() and found[1]:
            return int(found[1].replace(",", "")) or None
    return None
