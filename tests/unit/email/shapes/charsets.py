"""Character sets, named and meant."""

import base64

from tests.unit.email.shapes.shape import Shape, mail


def _said(text: str, written: str, named: str, *, really: bool = False) -> Shape:
    head = f"Content-Type: text/plain; charset={named}\nContent-Transfer-Encoding: base64"
    return Shape(
        name=f"{named} that is {written}",
        raw=mail(base64.encodebytes(text.encode(written)), head),
        says=text,
        is_really_sent=really,
    )


_RAW = "Content-Transfer-Encoding: 8bit"
_NEC = b"\x1b$B-!\x1b(B " + "テスト".encode("iso2022_jp")

SHAPES = (
    _said("请通知朱镕喆", "gb18030", "gb2312", really=True),
    _said("价格 5 €，请查收", "gb18030", "GBK"),
    _said("“done” – 5 €", "cp1252", "iso-8859-1"),
    _said("請查收附件", "big5hkscs", "big5"),
    _said("会議は明日です", "iso2022_jp", "iso-2022-jp"),
    _said("会議は①です", "cp932", "shift_jis"),
    _said("안녕하세요 똠방", "cp949", "euc-kr"),
    _said("안녕하세요", "cp949", "ks_c_5601-1987"),
    _said("grüße", "utf-8", "utf8"),
    _said("grüße", "utf-8", "unknown-8bit"),
    _said("请看一下这个报告", "gb18030", "unknown-8bit"),
    _said("请看一下这个报告", "gb18030", "utf-8"),
    _said("请看一下这个报告", "utf-8", "us-ascii"),
    _said("Größe über café", "cp1252", "x-nobody-knows"),
    _said("Привет", "koi8_r", "koi8-r"),
    Shape(
        name="ISO-2022-JP with a sign of NEC's",
        raw=mail(_NEC, "Content-Type: text/plain; charset=ISO-2022-JP"),
        says="① テスト",
    ),
    Shape(name="no charset, and UTF-8", raw=mail("你好，世界".encode(), _RAW), says="你好，世界"),
    Shape(name="no charset, and GBK", raw=mail("你好，世界和平".encode("gbk"), _RAW), says="你好，世界和平"),
    Shape(name="no charset, and windows-1252", raw=mail("café – naïve".encode("cp1252"), _RAW), says="café – naïve"),
    Shape(
        name="a charset in odd quotes",
        raw=mail("你好".encode("gbk"), f"Content-Type: text/plain; charset='GB2312'\n{_RAW}"),
        says="你好",
    ),
    Shape(
        name="HTML that names another charset than its part",
        raw=mail(
            '<html><head><meta charset="gb2312"></head><body>你好</body></html>',
            f"Content-Type: text/html; charset=utf-8\n{_RAW}",
        ),
        says="你好",
    ),
)
