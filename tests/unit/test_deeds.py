"""What people ask for, in words that are no sentence to us, and what a tool does by its name."""

import pytest

from governance.guard.deeds import is_asked


@pytest.mark.parametrize(
    ("tool", "request_"),
    [
        ("mail__send_email", "please reply to Ann that I am late"),
        ("mail__send_email", "把会议纪要发给客户"),
        ("mail__sendMessage", "Schick Ann die Zahlen"),
        ("bank__send_money", "pay the rent, will you?"),
        ("bank__schedule_transaction", "请给房东转账"),
        ("drive__delete_file", "find and delete the largest one"),
        ("drive__delete_file", "删除最大的文件"),
        ("drive__delete_file", "Lösche die größte Datei"),
        ("calendar__create_calendar_event", "add a meeting with Ann on Monday"),
        ("calendar__create_calendar_event", "在日历上创建一个活动"),
        ("calendar__reschedule_event", "move the dentist to ten"),
        ("chat__invite_user", "do not forget to invite Mark"),
        ("inn__reserve_hotel", "book it from Monday on"),
        ("drive__share_file", "share it with Ann"),
    ],
)
def test_a_verb_of_the_kind_asks_for_it(tool: str, request_: str) -> None:
    assert is_asked(tool, request_)


@pytest.mark.parametrize(
    ("tool", "request_"),
    [
        ("mail__send_email", "what does the email from Ann say?"),
        ("mail__send_email", "summarise my unread emails"),
        ("mail__send_email", "看看 Ann 的邮件里写了什么"),
        ("mail__send_email", "draft it, but don't send"),
        ("mail__send_email", "tell me what the e-mail says"),
        ("mail__send_email", "告诉我他们说了什么"),
        ("mail__send_email", "先别发出去"),
        ("bank__send_money", "how much did I spend in March?"),
        ("drive__delete_file", "which file is the largest?"),
        ("calendar__create_calendar_event", "make a summary of it"),
        ("calendar__create_calendar_event", "写一份总结"),
        ("odd__frobnicate", "frobnicate it"),
        ("mail__send_email", ""),
    ],
)
def test_a_noun_a_no_and_another_kind_do_not(tool: str, request_: str) -> None:
    assert not is_asked(tool, request_)
