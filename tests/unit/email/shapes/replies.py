"""Answers above, below and between what is answered, as mail programs write that."""

from tests.unit.email.shapes.shape import REPLY, Shape, mail

_BOB = "Bob <bob@example.com>"


def _reply(name: str, below: str, kind: str = "plain") -> Shape:
    head = f"{REPLY}Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit"
    return Shape(name=name, raw=mail(below, head), says="Go ahead.", quotes=("shall I?",))


def _quoted(name: str, line: str) -> Shape:
    return _reply(name, f"Go ahead.\n\n{line}\n\n> shall I?\n> soon\n")


_BLOCKS = {
    "en": f"From: {_BOB}\nSent: Monday, 2 November 2026 10:00\nTo: Alice\nSubject: Re: report",
    "zh-Hans": f"发件人: {_BOB}\n发送时间: 2026年11月2日 10:00\n收件人: Alice\n主题: Re: report",
    "zh-Hant": f"寄件者: {_BOB}\n寄件日期: 2026年11月2日 10:00\n收件者: Alice\n主旨: Re: report",
    "da": f"Fra: {_BOB}\nSendt: 2. november 2026 10:00\nTil: Alice\nEmne: Re: report",
    "nl": f"Van: {_BOB}\nVerzonden: maandag 2 november 2026 10:00\nAan: Alice\nOnderwerp: Re: report",
    "sv": f"Från: {_BOB}\nSkickat: den 2 november 2026 10:00\nTill: Alice\nÄmne: Re: report",
    "it": f"Da: {_BOB}\nInviato: lunedì 2 novembre 2026 10:00\nA: Alice\nOggetto: Re: report",
    "ja": f"差出人: {_BOB}\n送信日時: 2026年11月2日 10:00\n宛先: Alice\n件名: Re: report",
    "es": f"De: {_BOB}\nEnviado: lunes, 2 de noviembre de 2026 10:00\nPara: Alice\nAsunto: Re: report",
    "fr": f"De : {_BOB}\nEnvoyé : lundi 2 novembre 2026 10:00\nÀ : Alice\nObjet : Re: report",
    "de": f"Von: {_BOB}\nGesendet: Montag, 2. November 2026 10:00\nAn: Alice\nBetreff: Re: report",
    "pt": f"De: {_BOB}\nEnviada em: segunda-feira, 2 de novembro de 2026 10:00\nPara: Alice\nAssunto: Re: report",
}
_GMAIL = {
    "en": f"On Mon, Nov 2, 2026 at 10:00 AM {_BOB} wrote:",
    "zh-Hans": f"{_BOB} 于2026年11月2日周一 10:00写道：",
    "zh-Hant": f"{_BOB} 於 2026年11月2日 週一 上午10:00寫道：",
    "da": f"Den man. 2. nov. 2026 kl. 10.00 skrev {_BOB}:",
    "nl": f"Op ma 2 nov 2026 om 10:00 schreef {_BOB}:",
    "sv": f"Den mån 2 nov. 2026 kl 10:00 skrev {_BOB}:",
    "it": f"Il giorno lun 2 nov 2026 alle ore 10:00 {_BOB} ha scritto:",
    "ja": f"2026年11月2日(月) 10:00 {_BOB}:",
    "es": "El lun, 2 nov 2026 a las 10:00, Bob (<bob@example.com>) escribió:",
    "fr": f"Le lun. 2 nov. 2026 à 10:00, {_BOB} a écrit :",
    "de": f"Am Mo., 2. Nov. 2026 um 10:00 Uhr schrieb {_BOB}:",
    "pt": f"Em seg., 2 de nov. de 2026 às 10:00, {_BOB} escreveu:",
}
_APPLE = {
    "en": f"On 2 Nov 2026, at 10:00, {_BOB} wrote:",
    "zh-Hans": f"2026年11月2日 10:00，{_BOB} 写道：",
    "ja": f"2026/11/02 10:00、{_BOB}のメール:",
    "de": f"Am 02.11.2026 um 10:00 schrieb {_BOB}:",
}

SHAPES = (
    *(_reply(f"Outlook, {language}", f"Go ahead.\n\n{block}\n\nshall I?\n") for language, block in _BLOCKS.items()),
    *(_quoted(f"Gmail, {language}", line) for language, line in _GMAIL.items()),
    *(_quoted(f"Apple Mail, {language}", line) for language, line in _APPLE.items()),
    _reply(
        "Outlook in HTML: a line and a block",
        '<div class=WordSection1><p>Go ahead.</p><div id="mail-editor-reference-message-container"><div style="border:none;'
        'border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Bob &lt;bob@example.com&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Alice'
        "<br><b>Subject:</b> report</p></div><p>shall I?</p></div></div>",
        "html",
    ),
    _reply(
        "Outlook on the web: a rule above the block",
        '<div>Go ahead.</div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg"><b>发件人:</b> Bob &lt;'
        "bob@example.com&gt;<br><b>发送时间:</b> 2026年11月2日<br><b>收件人:</b> Alice<br><b>主题:</b> report</div><div>shall I?</div>",
        "html",
    ),
    _reply(
        "Gmail in HTML",
        '<div dir="ltr">Go ahead.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 at '
        '10:00 AM Bob &lt;<a href="mailto:bob@example.com">bob@example.com</a>&gt; wrote:<br></div><blockquote '
        'class="gmail_quote">shall I?</blockquote></div>',
        "html",
    ),
    _reply(
        "QQ Mail",
        'Go ahead.\n\n\n------------------&nbsp;原始邮件&nbsp;------------------\n发件人: "Bob"\n\nshall I?'.replace(
            "&nbsp;", " "
        ),
    ),
    _reply(
        "QQ Mail in HTML",
        "<div>Go ahead.</div><div><br></div><div style='font-size:12px'>------------------&nbsp;原始邮件&nbsp;------------------</div>"
        "<div style='background:#efefef'><div><b>发件人:</b>&nbsp;\"Bob\"&lt;bob@example.com&gt;;</div><div><b>发送时间:</b>&nbsp;2026年"
        '11月2日(星期一) 上午10:00</div><div><b>收件人:</b>&nbsp;"alice";</div><div><b>主题:</b>&nbsp;report</div></div><div>shall I?</div>',
        "html",
    ),
    _reply(
        "QQ Mail in English", 'Go ahead.\n\n------------------ Original ------------------\nFrom: "Bob"\n\nshall I?'
    ),
    _reply(
        "QQ Mail's app",
        "Go ahead.\n\n原始邮件\n\n发件人：Bob<bob@example.com>\n发件时间：2026年11月2日 10:00\n收件人：alice\n主题：report\n\nshall I?",
    ),
    _reply(
        "Foxmail",
        "Go ahead.\n\n\n\nAlice\n".replace("Alice\n", "")
        + "发件人： Bob\n发送时间： 2026-11-02 10:00\n收件人： alice\n主题： report\nshall I?",
    ),
    _reply(
        "Foxmail in HTML",
        "<div>Go ahead.</div><div><hr style='width:210px;height:1px' align='left'></div><blockquote style='margin:0'><div>&nbsp;</div>"
        "<div style='background:#efefef'><div><b>发件人：</b>&nbsp;Bob</div><div><b>发送时间：</b>&nbsp;2026-11-02</div></div>"
        "<div>shall I?</div></blockquote>",
        "html",
    ),
    _quoted("NetEase", '在 2026-11-02 10:00:00，"Bob" <bob@example.com> 写道：'),
    _quoted("NetEase in English", 'At 2026-11-02 10:00:00, "Bob" <bob@example.com> wrote:'),
    _reply(
        "NetEase Mail Master",
        "Go ahead.\n\n---- 回复的原邮件 ----\n| 发件人 | Bob<bob@example.com> |\n| 日期 | 2026年11月2日 10:00 |\n\nshall I?",
    ),
    _reply(
        "Yahoo: nothing marks what is quoted",
        f"Go ahead.\n\n On Monday, 2 November 2026 at 10:00:00 GMT, {_BOB} wrote:  \n \n shall I?\n",
    ),
    _reply("Thunderbird, between the lines", f"On 02/11/2026 10:00, {_BOB} wrote:\n> shall I?\n\nGo ahead.\n"),
    Shape(
        name="Apple Mail on a telephone",
        raw=mail(
            f"Go ahead.\n\nSent from my iPhone\n\n> On 2 Nov 2026, at 10:00, {_BOB} wrote:\n> \n> shall I?\n", REPLY
        ),
        has=("Go ahead.",),
        quotes=("shall I?",),
        is_really_sent=True,
    ),
    Shape(
        name="a wrapped line of attribution",
        raw=mail(
            "Go ahead.\n\nOn Mon, 2 Nov 2026 at 10:00, Bob the very long-winded\n<bob@example.com> wrote:\n\n> shall I?\n",
            REPLY,
        ),
        says="Go ahead.",
        quotes=("shall I?",),
    ),
)
