"""Secrets that are known by what stands around them: PEM, JWT, URLs, headers, assignments to a telling name.

None of them ever takes in a sign that a shell could interpret, but the line ends within PEM: what is hidden is one
literal word, and whoever reads the text with its masks reads the same command. All are linear in the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from governance.masking.found import FoundSecret, SecretKind
from governance.masking.left_alone import (
    entropy,
    has_digit_and_letter,
    is_mixed,
    is_name,
    is_number,
    is_place,
    is_placeholder,
    is_wordy,
)
from governance.masking.providers import starts_a_word

_PEM_LONGEST = 20_000
_PEM_SHORTEST = 40
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8,1400}")
_USER = re.compile(r"[A-Za-z0-9._~%+-]{0,80}:(?P<secret>[A-Za-z0-9._~%+=,^!*@-]{1,200})@(?=[A-Za-z0-9\[])")
_BEARER = re.compile(r"bearer[ \t]{1,2}(?P<secret>[A-Za-z0-9._~+/-]{16,4000}={0,2})", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?:authorization|api-key|auth-token|access-token)["']?[ \t]{0,2}[:=][ \t]{0,2}["']?"""
    r"""(?:(?:basic|bot|token|apikey|digest|bearer)[ \t]{1,2})?(?P<secret>[A-Za-z0-9._~+/:-]{8,4000}={0,2})""",
    re.IGNORECASE,
)


def pem_keys(text: str) -> Iterator[FoundSecret]:
    """The bodies of private keys between their marks; where the end is cut off, whatever of a body follows."""
    at = text.find("-----BEGIN ")
    while at >= 0:
        begun = _BEGIN.match(text, at)
        if begun is not None:
            ends = text.find("-----END", begun.end(), begun.end() + _PEM_LONGEST)
            end = ends if ends >= 0 else _end_of_body(text, begun.end())
            if sum(sign.isalnum() for sign in text[begun.end() : end]) >= _PEM_SHORTEST:
                yield FoundSecret(begun.end(), end, SecretKind.PEM)
            at = end
        at = text.find("-----BEGIN ", max(at, 0) + 1)


_BODY = re.compile(r"(?:[A-Za-z0-9+/=]|\\[nr]|[ \t\r\n]){0,20000}")


def _end_of_body(text: str, at: int) -> int:
    matched = _BODY.match(text, at)
    return matched.end() if matched else at


def web_tokens(text: str) -> Iterator[FoundSecret]:
    """JSON web tokens: three parts in base64, the first of which is an object."""
    at = text.find("eyJ")
    while at >= 0:
        matched = _JWT.match(text, at)
        if matched is not None and starts_a_word(text, at):
            yield FoundSecret(at, matched.end(), SecretKind.JWT)
        at = text.find("eyJ", matched.end() if matched else at + 3)


def url_passwords(text: str, *, strict: bool) -> Iterator[FoundSecret]:
    """The password between user and host of an address; placeholders too where `strict`."""
    at = text.find("://")
    while at >= 0:
        matched = _USER.match(text, at + 3)
        if matched is not None and (strict or not is_placeholder(matched["secret"])):
            yield FoundSecret(*matched.span("secret"), SecretKind.URL)
        at = text.find("://", matched.end() if matched else at + 3)


def header_values(text: str, lowered: str) -> Iterator[FoundSecret]:
    """What proves somebody in a header. A word without a digit is none: "Bearer authentication" stays."""
    for mark, pattern, is_likely in (
        ("bearer", _BEARER, has_digit_and_letter),
        ("authorization", _NAMED, _is_proof),
        ("api-key", _NAMED, _is_proof),
        ("auth-token", _NAMED, _is_proof),
        ("access-token", _NAMED, _is_proof),
    ):
        for at in _places(lowered, mark):
            matched = pattern.match(text, at)
            if matched is not None and is_likely(matched["secret"]) and not is_placeholder(matched["secret"]):
                yield FoundSecret(*matched.span("secret"), SecretKind.HEADER)


def _is_proof(value: str) -> bool:
    return (is_mixed(value) or has_digit_and_letter(value)) and not is_wordy(value) and not is_place(value)


_ID_AND_SECRET = re.compile(r"\.(?<=[0-9a-f]{32}\.)[A-Za-z0-9]{16}(?![A-Za-z0-9_])")
_ID_LENGTH = 32


def keys_in_two_parts(text: str) -> Iterator[FoundSecret]:
    """Keys of Zhipu (BigModel): an id of 32 digits, a point and a secret. They have no mark to look for."""
    for matched in _ID_AND_SECRET.finditer(text):
        begins = matched.start() - _ID_LENGTH
        if starts_a_word(text, begins):
            yield FoundSecret(begins, matched.end(), SecretKind.PROVIDER)


_OF_APPS = (
    *("appsecret", "app_secret", "app secret", "corpsecret", "corp_secret", "clientsecret", "client_secret"),
    *("secretkey", "secret_key", "secret key", "secretaccesskey", "secret_access_key"),
    *("accesskeysecret", "access_key_secret", "accesskey secret"),
)
"""What DingTalk, Feishu, WeCom, Huawei Cloud, Qiniu, Baidu and others call what has no form of its own."""
_OF_APPS_LENGTH = 24
_OF_APPS_BITS = 3.3


def secrets_of_apps(text: str, lowered: str) -> Iterator[FoundSecret]:
    """Long random values given to a name under which platforms hand out secrets; nobody chose them."""
    yield from _given_to(_OF_APPS, _is_of_an_app, text, lowered)


def _is_of_an_app(value: str, is_quoted: bool) -> bool:  # noqa: FBT001  # as below
    return len(value) >= _OF_APPS_LENGTH and _is_key(value, is_quoted) and entropy(value) >= _OF_APPS_BITS


_PASSWORDS = ("password", "passwd", "passphrase", "pwd", "passcode", "密码", "口令")
_KEYS = (
    *("secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey", "access-key", "secret_key"),
    *("secretkey", "private_key", "privatekey", "signing_key", "encryption_key", "account_key", "auth_key"),
    *("access_key_id", "credential", "密钥", "令牌"),
)
_NO_SECRETS = ("page_token", "pagetoken", "next_token", "nexttoken", "continuation_token", "sync_token", "csrf_token")
_GIVEN = re.compile(
    r"""(?:["'`]?\]?[ \t]{0,3}(?::=|=>|==?|:|：|＝)[ \t]{0,3}|[ \t]{0,2}(?:is|是|为)[ \t:：]{0,2})"""
    r"""(?P<quote>["'`]?)(?P<secret>[^\s"'`$(){}<>;|&,\\*?\[\]#~，。；、“”]{6,400})"""
)
_AFTER_A_FLAG = re.compile(
    r"""[ \t]{1,3}(?P<quote>["']?)(?P<secret>[^\s"'`$(){}<>;|&,\\*?\[\]#~-][^\s"'`$(){}<>;|&,\\*?\[\]#~]{5,400})"""
)
_LONGEST_NAME = 40
_RANDOM_BITS = 3.0
_KEY_LENGTH = 16


def assignments(text: str, lowered: str) -> Iterator[FoundSecret]:
    """What is given to a telling name, in English or Chinese, where it looks random; a password need not look so."""
    yield from _given_to(_PASSWORDS, _is_password, text, lowered)
    yield from _given_to(_KEYS, _is_key, text, lowered)


def _given_to(
    words: Iterable[str], is_likely: Callable[[str, bool], bool], text: str, lowered: str
) -> Iterator[FoundSecret]:
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            matched = _given(text, lowered, at, at + len(word))
            found = _secret_of(text, matched, is_likely) if matched else None
            if found is not None:
                yield found
            at = lowered.find(word, matched.end() if matched else at + len(word))


def _given(text: str, lowered: str, at: int, ends: int) -> re.Match[str] | None:
    """The value that follows a name; none for what only continues a list or a form."""
    if lowered[max(0, at - 15) : ends].endswith(_NO_SECRETS):
        return None
    matched = _GIVEN.match(text, ends)
    return _AFTER_A_FLAG.match(text, ends) if matched is None and _is_flag(text, at) else matched


def _secret_of(text: str, matched: re.Match[str], is_likely: Callable[[str, bool], bool]) -> FoundSecret | None:
    value, follows = matched["secret"], text[matched.end() : matched.end() + 1]
    value = value if matched["quote"] else value.rstrip(".:!?。！？")
    is_quoted = bool(matched["quote"]) and follows == matched["quote"]
    if (matched["quote"] and not is_quoted) or (follows in {"(", "[", "$", "{", "<", "`"} and follows):
        return None
    if is_place(value) or is_placeholder(value) or not is_likely(value, is_quoted):
        return None
    return FoundSecret(matched.start("secret"), matched.start("secret") + len(value), SecretKind.ASSIGNMENT)


def _is_flag(text: str, at: int) -> bool:
    """Whether the word belongs to an option of a command: `--db-password hunter2`."""
    begins = max(0, at - _LONGEST_NAME)
    return text[begins:at].rpartition(" ")[2].startswith("--")


def _is_password(value: str, is_quoted: bool) -> bool:  # noqa: FBT001  # one of two equal judges
    if value.isdigit():
        return True
    if is_name(value) or is_number(value):
        return False
    if is_quoted:
        return True
    return (
        (has_digit_and_letter(value) and "." not in value) or is_mixed(value) or any(sign in "@!%^+" for sign in value)
    )


def _is_key(value: str, is_quoted: bool) -> bool:  # noqa: FBT001  # as above
    if is_name(value) or is_number(value) or is_wordy(value):
        return False
    least = 8 if is_quoted else _KEY_LENGTH
    return len(value) >= least and has_digit_and_letter(value) and entropy(value) >= _RANDOM_BITS


def _places(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + len(mark))
