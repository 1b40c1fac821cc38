"""The pieces of which Chinese phrases about times are made."""

import re
from datetime import timedelta

from channels.times import zone_called
from governance.schedules.phrases.english import Handler, Piece
from governance.schedules.phrases.facts import Doubt, Facts, clock_of, date_of, months_after, weekday_range

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_N = r"(?:\d{1,4}\s?|[零〇一二两三四五六七八九十]{1,3})"
_WEEK = r"(?:周|星期|礼拜)"
_W = r"[一二三四五六日天1-6]"
_UNITS = {"分": "minute", "小": "hour", "钟": "hour", "天": "day", "日": "day"}
_UNITS |= {"周": "week", "星": "week", "礼": "week"}
_UNIT = r"(?:分钟|分|小时|钟头|天|日|周|星期|礼拜|月|年)"
_PARTS = {
    "凌晨": "dawn",
    "清晨": "dawn",
    "早": "morning",
    "早上": "morning",
    "早晨": "morning",
    "上午": "morning",
    "中午": "noon",
    "正午": "noon",
    "下午": "afternoon",
    "午后": "afternoon",
    "傍晚": "evening",
    "晚": "night",
    "晚上": "night",
    "晚间": "night",
    "夜里": "night",
    "夜间": "night",
}
_PART = "(?:" + "|".join(sorted((each for each in _PARTS if len(each) > 1), key=len, reverse=True)) + ")"


def number(word: str) -> int:
    """A number below a hundred in Chinese letters, or one in figures."""
    word = word.strip()
    if word.isdigit():
        return int(word)
    tens, has_ten, ones = word.rpartition("十")
    if not has_ten:
        return int("".join(str(_DIGITS[sign]) for sign in word))
    return (_DIGITS[tens[-1]] if tens else 1) * 10 + (_DIGITS[ones[-1]] if ones else 0)


def _weekday(sign: str) -> int:
    return 6 if sign in "日天" else int(sign) - 1 if sign.isdigit() else _DIGITS[sign] - 1


def _unit(word: str) -> str:
    return "month" if word.startswith("月") else "year" if word.startswith("年") else _UNITS[word[0]]


def _delay(match: re.Match[str], facts: Facts) -> None:
    unit = _unit(match["unit"])
    count = 0.5 if match["n"] == "半" else number(match["n"]) + (0.5 if match["half"] else 0)
    if unit in {"month", "year"}:
        facts.months_on = int(count * (12 if unit == "year" else 1))
        return
    more = timedelta(minutes=number(match["more"])) if match["more"] else timedelta()
    facts.delay = timedelta(**{f"{unit}s": count}) + more


def _quarter(match: re.Match[str], facts: Facts) -> None:
    facts.delay = timedelta(minutes=15 * number(match[1]))


def _every(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, _unit(match["unit"])
    given = match["n"]
    if given == "半":
        facts.count, facts.unit = 30, "minute"
        return
    facts.count = number(given) if given else 1
    if match["apart"]:
        if facts.unit in {"minute", "hour"}:
            return
        if given and facts.count > 1:
            raise Doubt("apart", every=str(facts.count), after=str(facts.count + 1))
        facts.count = 2


def _each_workday(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    facts.add_weekdays([5, 6] if "周末" in match[0] else [0, 1, 2, 3, 4])


def _each_range(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    facts.add_weekdays(weekday_range(_weekday(match[1]), _weekday(match[2])))


def _each_days(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    if match["other"]:
        facts.count, facts.unit = 2, "week"
    facts.add_weekdays([_weekday(sign) for sign in re.findall(_W, match["days"])])


def _nth_weekday(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "month"
    day = (_weekday(match["day"]) + 1) % 7
    facts.on_weekday = f"{day}L" if match["last"] else f"{day}#{number(match['nth'])}"


def _each_month(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "month"
    if match["last"]:
        facts.of_month = "L"
    elif match["days"]:
        facts.of_month = ",".join(str(number(each)) for each in re.findall(_N, match["days"]))
    else:
        facts.of_month = "1"


def _each_quarter(_: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit, facts.count = True, "month", 3


def _each_year(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "year"
    facts.month, facts.of_month = number(match[1]), str(number(match[2]))


def _near(match: re.Match[str], facts: Facts) -> None:
    word = match[0]
    ahead = 3 if word.startswith("大后") else 2 if word.startswith("后") else 1 if word.startswith("明") else 0
    facts.day = facts.now.date() + timedelta(days=ahead)
    if word[-1] in "早晚":
        facts.part = _PARTS[word[-1]]


def _weekday_ahead(match: re.Match[str], facts: Facts) -> None:
    which, sign = match["which"] or "", match["day"]
    today = facts.now.date()
    monday = today - timedelta(days=today.weekday())
    if sign == "末":
        ahead = 5 + 7 * which.count("下")
        facts.day = max(monday + timedelta(days=ahead), today)
        return
    weekday = _weekday(sign)
    if which:
        facts.day = monday + timedelta(days=weekday + 7 * which.count("下"))
    else:
        facts.add_weekdays([weekday])


def _next_unit(match: re.Match[str], facts: Facts) -> None:
    today = facts.now.date()
    if match["unit"] == "月":
        first = months_after(today.replace(day=1), 1)
        facts.day = date_of(facts, first.year, first.month, number(match["day"])) if match["day"] else first
    else:
        facts.day = today + timedelta(days=7 - today.weekday())


def _month_end(match: re.Match[str], facts: Facts) -> None:
    first = facts.now.date().replace(day=1)
    facts.day = months_after(first, 2 if match[0].startswith("下") else 1) - timedelta(days=1)


def _month_day(match: re.Match[str], facts: Facts) -> None:
    year = facts.now.year + 1 if match["y"] == "明年" else int(match["y"].rstrip("年")) if match["y"] else 0
    facts.day = date_of(facts, year, number(match["m"]), number(match["d"]))


def _iso(match: re.Match[str], facts: Facts) -> None:
    facts.day = date_of(facts, int(match[1]), int(match[2]), int(match[3]))


def _of_month(match: re.Match[str], facts: Facts) -> None:
    today, day = facts.now.date(), number(match[1])
    try:
        found = today.replace(day=day)
    except ValueError as error:
        raise Doubt("no_day") from error
    facts.day = found if found >= today else months_after(found, 1)


def _clock(match: re.Match[str], facts: Facts) -> None:
    hour, past = number(match["h"]), match["past"] or ""
    minute = 30 if past == "半" else 15 * number(past[0]) if past.endswith("刻") else 0
    if not minute and (figures := past.rstrip("分")) and figures != "整":
        minute = number(figures)
    part = facts.part
    if part in {"night", "evening", "afternoon"} and hour == 12:  # noqa: PLR2004  # twelve at night is another day
        raise Doubt("midnight")
    is_sure = match["h"].startswith("0") and len(match["h"].strip()) > 1
    clock_of(facts, hour, minute, is_sure=is_sure)
    if match["again"]:
        clock_of(facts, number(match["again"]), 0, is_sure=False)


def _digital(match: re.Match[str], facts: Facts) -> None:
    for hour, minute in re.findall(r"(\d{1,2}):(\d\d)", match[0]):
        clock_of(facts, int(hour), int(minute), is_sure=hour.startswith("0"))


def _part(match: re.Match[str], facts: Facts) -> None:
    if match[0] in {"半夜", "午夜", "零点"}:
        raise Doubt("midnight")
    facts.part = _PARTS[match[0]]


def _each_part(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit, facts.part = True, "day", _PARTS[match[1]]


def _window(match: re.Match[str], facts: Facts) -> None:
    first, last = number(match[2]), number(match[4])
    if match[3] in {"下午", "晚上"} and last < 12:  # noqa: PLR2004  # afternoon
        last += 12
    facts.window = first, last
    if not first < last <= 23:  # noqa: PLR2004  # hours
        raise Doubt("no_clock")


def _zone(match: re.Match[str], facts: Facts) -> None:
    found = zone_called(match["zone"]) or ("Asia/Shanghai" if match["zone"] in {"北京", "中国"} else None)
    if found is None:
        raise Doubt("no_zone", zone=match["zone"])
    facts.zone = found


def _daily(_: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "day"


def _how_often(_: re.Match[str], __: Facts) -> None:
    raise Doubt("how_often")


def _piece(pattern: str, handler: Handler) -> Piece:
    return re.compile(pattern), handler


GLUE = re.compile(r"(?:\s|[,，;；、的在于]|就(?=提醒)|[和及](?=上午|下午|中午|早|晚|\d)|(?<=点)钟)+")
PIECES: tuple[Piece, ...] = (
    _piece(r"每(?:天|日|周|月)(?:一|两|二|三|几|\d)次|经常|有时", _how_often),
    _piece(
        rf"(?:再?过)?(?P<n>半|{_N})个?(?P<half>半)?(?P<unit>{_UNIT})(?:(?:零|又)?(?P<more>{_N})分钟?)?(?:之后|以后|过后|后)",
        _delay,
    ),
    _piece(rf"再?过(?P<n>半|{_N})个?(?P<half>半)?(?P<unit>{_UNIT})(?P<more>)", _delay),
    _piece(rf"(?:再?过)?({_N})刻钟(?:之后|以后|后)?", _quarter),
    _piece(rf"每个?月的?(?:(?P<last>最后一个)|第(?P<nth>[一二三四1-4])个)(?:{_WEEK}(?P<day>{_W}))", _nth_weekday),
    _piece(r"每个?季度?(?:第一天|初)?", _each_quarter),
    _piece(rf"每年的?({_N})月({_N})[号日]", _each_year),
    _piece(
        rf"每个?月的?(?:(?P<last>最后一天|底|月底|末)|初|(?P<days>{_N}[号日](?:[、,，和及]{_N}[号日])*))", _each_month
    ),
    _piece(rf"(?:每个?{_WEEK}|{_WEEK})({_W})(?:到|至|-|~)(?:{_WEEK})?({_W})(?:每天)?", _each_range),
    _piece(r"(?:每个?|每逢|逢)?工作日(?:每天)?|每个?周末|每逢周末", _each_workday),
    _piece(rf"(?:每|逢)(?:个)?{_WEEK}(?P<days>{_W}(?:[、,，和及]?(?:{_WEEK})?{_W})*)(?P<other>)(?!个)", _each_days),
    _piece(rf"(?P<other>隔|每隔一|每两|每2)个?{_WEEK}的?(?:{_WEEK})?(?P<days>{_W})", _each_days),
    _piece(r"每(早|晚)(?!上)", _each_part),
    _piece(r"每天|每日|天天", _daily),
    _piece(rf"(?P<apart>每?隔|每间隔)(?P<n>半|{_N})?个?(?P<unit>{_UNIT})", _every),
    _piece(rf"每(?P<apart>)(?P<n>半|{_N})?个?(?P<unit>{_UNIT})(?![一二三四五六])", _every),
    _piece(r"(?:大后天|后天|明天|明日|今天|今日|明早|明晚|今早|今晚|后晚)", _near),
    _piece(rf"(?P<y>\d{{4}}年|明年)?(?P<m>{_N})月(?P<d>{_N})[号日]?", _month_day),
    _piece(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", _iso),
    _piece(rf"(?P<which>下下个?|下个?|这个?|本)?{_WEEK}(?P<day>[一二三四五六日天末])", _weekday_ahead),
    _piece(rf"下个?(?:(?P<unit>月)(?P<month>)(?:(?P<day>{_N})[号日]|初)?|(?:{_WEEK}))(?!底|末)", _next_unit),
    _piece(r"(?:这个?|本|下个?)?月[底末]", _month_end),
    _piece(rf"({_N})[号日](?!线)", _of_month),
    _piece(rf"(上午|早上)?从?({_N})点(?:半)?(?:到|至|-|~)(下午|晚上)?({_N})点(?:之间)?", _window),
    _piece(rf"{_PART}|半夜|午夜|零点", _part),
    _piece(r"\d{1,2}:\d\d(?:[、,，和及]\d{1,2}:\d\d)*", _digital),
    _piece(
        rf"(?P<h>{_N})(?:点钟?|點|时(?!间))(?P<past>半|[一三1-3]刻|整|(?:零|过)?{_N}分?)?(?:[、和及](?P<again>{_N})点)?",
        _clock,
    ),
    _piece(r"(?P<zone>[\u4e00-\u9fff]{2,6})时间", _zone),
    _piece(r"(?P<zone>[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+)+|UTC(?:[+-]\d{1,2})?)", _zone),
)
