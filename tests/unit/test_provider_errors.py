"""What refusals mean, each in the words in which a provider or a server words it."""

import pytest

from agents.models.errors import error_for, error_in, message_in, parsed
from agents.models.protocol import ContentFiltered, ContextFull, ModelRefused, ModelUnavailable

TOO_LONG = [
    ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.", 8192),
    ("Your input exceeds the context window of this model. (context_length_exceeded)", None),
    ("the request exceeds the available context size, try increasing it (exceed_context_size_error)", None),
    ("request (5012 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
    ("prompt is too long: 214315 tokens > 200000 maximum", 200_000),
    ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length", 200_000),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1_048_576),
    ("The input token count exceeds the maximum number of tokens allowed 1048576.", 1_048_576),
    ("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]", 30_720),
    (("Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context "
     "length of only 4096 tokens, which is not enough."), 4096),
    ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 32_768),
    ("Invalid request: Your request exceeded model token limit: 8192", 8192),
    ("invalid params, context window exceeds limit (2013)", None),
    ("`inputs` tokens + `max_new_tokens` must be <= 4,097. Given: 5000 `inputs` tokens", 4097),
    ("This model's maximum prompt length is 131072 but the request contains 150000 tokens.", 131_072),
    ("The input (5000 tokens) is longer than the model's context length (4096 tokens).", 4096),
    ("The prompt is too long: 10000, model maximum context length: 8192", 8192),
    ("prompt too long; exceeded max context length by 12 tokens", None),
    ("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.", 30_000),
    ("Please reduce the length of the messages or completion.", None),
]  # fmt: skip


@pytest.mark.parametrize(("detail", "window"), TOO_LONG)
def test_a_request_that_is_too_long_is_told_from_a_wrong_one_with_the_window(detail: str, window: int | None) -> None:
    error = error_for(400, detail)

    assert isinstance(error, ContextFull)
    assert error.window_tokens == window


def test_llama_cpp_names_the_window_in_a_field() -> None:
    body = (
        b'{"error":{"code":400,"message":"the request exceeds the available context size","n_ctx":4096,'
        b'"n_prompt_tokens":5012,"type":"exceed_context_size_error"}}'
    )

    error = error_for(400, message_in(body, 400), given=parsed(body))

    assert isinstance(error, ContextFull)
    assert error.window_tokens == 4096


def test_a_body_that_a_proxy_finds_too_large_is_too_long() -> None:
    assert isinstance(error_for(413, "HTTP 413"), ContextFull)


@pytest.mark.parametrize(
    "detail",
    [
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "Input data may contain inappropriate content. (data_inspection_failed)",
        "The request was rejected because it was considered high risk (content_filter)",
        "系统检测到输入或生成内容可能包含不安全或敏感内容",
    ],
)
def test_what_a_filter_turned_down_is_told_from_a_wrong_request(detail: str) -> None:
    assert isinstance(error_for(400, detail), ContentFiltered)


GEMINI = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.4s"}],
    }
}


@pytest.mark.parametrize(
    ("detail", "given", "seconds"),
    [
        ("You exceeded your current quota, please check your plan and billing details.", GEMINI, 7.4),
        ("You exceeded your current quota.", [GEMINI], 7.4),
        ("Rate limit reached for gpt-5 on requests per min (RPM): Limit 3. Please try again in 20s.", None, 20.0),
        ("Rate limit reached. Please try again in 1m12.5s.", None, 72.5),
        ("Rate limit reached. Please try again in 6ms.", None, 0.006),
        ("Too many. Please retry after 6 seconds.", None, 6.0),
        ("Slow down", {"error": {"metadata": {"retry_after_ms": 1500}}}, 1.5),
        ("You exceeded your current quota. See error-code#token-limit (insufficient_quota)", None, None),
        ("Slow down", None, None),
    ],
)
def test_a_limit_of_a_minute_passes_in_whatever_words_and_names_the_wait(
    detail: str, given: object, seconds: float | None
) -> None:
    error = error_for(429, detail, given=given)

    assert isinstance(error, ModelUnavailable)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (429, "You exceeded your current quota, please check your plan and billing details. (insufficient_quota)"),
        (402, "Insufficient Balance"),
        (402, "This request requires more credits, or fewer max_tokens. Try again in 5s."),
    ],
)
def test_an_empty_account_is_a_refusal(status: int, detail: str) -> None:
    assert type(error_for(status, detail)) is ModelRefused


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"message": "busy", "code": "503"}, ModelUnavailable),
        ({"message": "busy", "type": "overloaded_error"}, ModelUnavailable),
        ([{"error": {"message": "no such model", "code": 404}}], ModelRefused),
        ({"message": "no such field", "type": "invalid_request_error"}, ModelRefused),
        ({"message": "it is broken"}, ModelUnavailable),
        ("it is broken", ModelUnavailable),
    ],
)
def test_an_error_inside_an_answer_means_what_its_code_says(given: object, kind: type) -> None:
    error = error_in(given, "acme/m", "sk-secret")

    assert type(error) is kind
    assert "acme/m: " in str(error)


def test_errors_in_a_list_are_read_as_any_other() -> None:
    assert message_in(b'[{"error": {"message": "no such field", "code": 400}}]', 400) == "HTTP 400: no such field"
