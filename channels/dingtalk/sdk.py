"""What we use of dingtalk-stream 0.24.3: frames, their routing and their acknowledgement."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)  # Python 3.14 warns of the `return` in a `finally` of its client
    from dingtalk_stream import (  # type: ignore[import-untyped]  # the SDK has no types
        AckMessage,
        CallbackHandler,
        CallbackMessage,
        ChatbotMessage,
        Credential,
    )
    from dingtalk_stream.stream import DingTalkStreamClient  # type: ignore[import-untyped]  # as above
    from dingtalk_stream.version import VERSION_STRING  # type: ignore[import-untyped]  # as above

__all__ = [
    "VERSION_STRING",
    "AckMessage",
    "CallbackHandler",
    "CallbackMessage",
    "ChatbotMessage",
    "Credential",
    "DingTalkStreamClient",
]
