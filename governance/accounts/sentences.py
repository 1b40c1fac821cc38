"""What a person reads when something about people, accounts and sign-in is refused, in both languages."""

from channels.base import NexoraError
from governance.accounts.accounts import AlreadyLinked, CodeWrong, OwnAdmission, TooManyCodes
from governance.people.agent_grants import DurationUnknown, ExpiryPast
from governance.people.names import NameRefused
from governance.people.people import LastAdmin, NameWrong, OwnRole, PersonExists, PersonMissing
from governance.record.transaction import DatabaseAway
from governance.sign_in.attempts import LockedOut
from governance.sign_in.passwords import PasswordCommon, PasswordTooLong, PasswordTooShort
from governance.sign_in.sign_in import LinkUsed, SignInRefused

CHINESE: dict[type[NexoraError], str] = {
    AlreadyLinked: "该账号已属于其他人，必须先在那里解除关联。",
    CodeWrong: "关联码错误、已使用或已超过十分钟，请重新获取。",
    DatabaseAway: "暂时无法连接数据库，请稍后再试。",
    DurationUnknown: "时长请写作 8h 或 8小时、3d 或 3天，最长 366 天；不写则一直有效，直至收回。",
    ExpiryPast: "授权的截止时间必须在将来。",
    LastAdmin: "这是最后一位在用的管理员，请先指定另一位管理员。",
    LinkUsed: "该链接错误、已使用或已过期，请重新索取。",
    NameWrong: "用户名须为 1 至 64 个字母、数字或 . _ - 字符。",
    OwnRole: "您将不再是管理员，且只有其他管理员可以恢复。确认后才会更改。",
    OwnAdmission: "不能把账号接纳为自己，请使用关联码。",
    PasswordCommon: "该密码过于常见，请换一个。",
    PasswordTooLong: "密码最多 128 个字符。",
    PasswordTooShort: "密码至少 8 个字符。",
    PersonExists: "该用户名已被使用。",
    PersonMissing: "没有这个人。",
    SignInRefused: "用户名或密码错误。",
    TooManyCodes: "错误的关联码过多，请等待十分钟。",
}


def sentence_of(error: NexoraError, language: str) -> str:
    """The error in a person's language; what this table does not know stays as it was raised."""
    if isinstance(error, LockedOut | NameRefused):
        return error.said(language)
    return CHINESE.get(type(error), str(error)) if language == "zh" else str(error)
