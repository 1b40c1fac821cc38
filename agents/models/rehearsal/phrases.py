"""What the rehearsal model understands and says, in English and Chinese. Words only; it calls nothing."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a person asked for: `call` with the tools that could do it, best first, or the name of a sentence.

    `arguments` are pairs of (names that a tool may use for it, best first) and the value.
    """

    name: str
    tools: Names = ()
    arguments: tuple[tuple[Names, str], ...] = field(default=())


SHELL: Names = ("shell", "run_command", "bash", "execute_shell_command")
READ: Names = ("read_file", "read")
WRITE: Names = ("write_file", "write")
LIST: Names = ("list_files", "list", "ls")
SEARCH: Names = ("search_files", "search", "grep")
FETCH: Names = ("fetch_url", "fetch")
TIME: Names = ("current_time", "get_current_time", "time", "now")
COMMAND: Names = ("command", "cmd")
PATH: Names = ("path", "file", "file_path", "folder", "directory")
CONTENT: Names = ("content", "text", "contents")
PATTERN: Names = ("pattern", "query", "text")
URL: Names = ("url", "address")


def _run(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=SHELL, arguments=((COMMAND, _unquoted(found["what"])),))


def _remove(found: re.Match[str]) -> Intent:
    paths = " ".join(shlex.quote(word) for word in _unquoted(found["what"]).split())
    return Intent(name="call", tools=SHELL, arguments=((COMMAND, f"rm -r -- {paths}"),))


def _read(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=READ, arguments=((PATH, _unquoted(found["what"])),))


def _write(found: re.Match[str]) -> Intent:
    content, path = _unquoted(found["content"]), _unquoted(found["what"])
    return Intent(name="call", tools=WRITE, arguments=((PATH, path), (CONTENT, content)))


def _search(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=SEARCH, arguments=((PATTERN, _unquoted(found["what"])),))


def _fetch(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=FETCH, arguments=((URL, found["what"]),))


def _named(name: str, tools: Names = ()) -> Callable[[re.Match[str]], Intent]:
    return lambda _: Intent(name=name, tools=tools)


_PHRASES: tuple[tuple[str, Callable[[re.Match[str]], Intent]], ...] = (
    (r"(?:please )?(?:run|execute)(?: the command)?:? (?P<what>.+)", _run),
    (r"(?:请)?(?:运行|执行)(?:命令)?[:： ]*(?P<what>.+)", _run),
    (r"(?:please )?(?:delete|remove)(?: the)?(?: file| folder)? (?P<what>.+)", _remove),
    (r"(?:请)?(?:删除|删掉)(?:文件夹|文件|目录)?[:： ]*(?P<what>.+)", _remove),
    (r"(?:please )?(?:write|save) (?P<content>.+?) (?:in)?to (?:the file )?(?P<what>\S+)", _write),
    (r"(?:请)?(?:把|将) *(?P<content>.+?) *(?:写入|写到|写进|保存到)(?:文件)? *(?P<what>\S+)", _write),
    (r"(?:please )?(?:list|show)(?: me)?(?: all)?(?: the| my)? files.*", _named("call", LIST)),
    (r"what files are there.*|ls", _named("call", LIST)),
    (r"(?:请)?(?:列出|显示|查看)(?:所有|全部|当前)?(?:的)?文件.*|有(?:哪些|什么)文件.*", _named("call", LIST)),
    (r"(?:please )?(?:read|open|show)(?: me)?(?: the)?(?: file)? (?P<what>\S+)", _read),
    (r"(?:请)?(?:读取|读|打开|查看)(?:文件)?[:： ]*(?P<what>\S+)", _read),
    (r"(?:please )?search (?:for |the files for )?(?P<what>.+)", _search),
    (r"(?:请)?(?:搜索|查找)[:： ]*(?P<what>.+)", _search),
    (r"(?:please )?(?:fetch|download|get|open) (?P<what>https?://\S+)", _fetch),
    (r"(?:请)?(?:抓取|获取|下载|访问)[:： ]*(?P<what>https?://\S+)", _fetch),
    (r"what(?:'s| is)? (?:the )?(?:current )?time.*|what time is it.*", _named("call", TIME)),
    (r"(?:现在)?(?:是)?几点.*|(?:现在|当前)(?:的)?时间.*", _named("call", TIME)),
    (r"(?:hi|hello|hey|good (?:morning|afternoon|evening))\b.{0,40}", _named("greeting")),
    (r"(?:你好|您好|嗨|早上好|下午好|晚上好).{0,12}", _named("greeting")),
    (r"/?help|what can you do.*|帮助|/帮助|你(?:能|会|可以)做(?:什么|些什么).*", _named("help")),
)
_FETCH_FIRST = re.compile(r"https?://", re.IGNORECASE)
_COMPILED = tuple((re.compile(words, re.IGNORECASE | re.DOTALL), make) for words, make in _PHRASES)
_TRAILING = "。！？!? \n"


def intent_in(text: str) -> Intent:
    """What the text asks for; `explain` when it is none of the phrases. Text beyond 4,000 characters is not read."""
    words = text.strip()[:4000].strip(_TRAILING)
    for pattern, make in _COMPILED:
        found = pattern.fullmatch(words)
        if found and not (make is _read and _FETCH_FIRST.match(found["what"])):
            return make(found)
    return Intent(name="explain")


def is_chinese(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return re.search(r"[\u3400-\u9fff]", text) is not None


_PENDING = re.compile(r"\W*(?:(?:this|the|call|is|it) ){0,4}(?:pending|awaiting|waiting|waits) ?|等待|待审批|待批准")
_DENIED = re.compile(
    r"\W*(?:(?:this|the|call|is|was|it) ){0,4}(?:denied|refused|rejected|not allowed)\b|已拒绝|被拒绝|不允许"
)


def state_of(result: str) -> str:
    """`pending`, `denied` or `done`, by the first words of a call's result: the turn puts its own verdicts there."""
    start = result[:80].lower()
    if _PENDING.match(start):
        return "pending"
    return "denied" if _DENIED.match(start) else "done"


def _unquoted(text: str) -> str:
    """Without the quotation marks that people put around what they mean."""
    stripped = text.strip()
    for first, last in ("``", '""', "''", "“”", "「」", "‘’"):
        inner = stripped[1:-1]
        if len(stripped) > 1 and stripped[0] == first and stripped[-1] == last and first not in inner:
            return inner.strip()
    return stripped


def sentence(name: str, language: str) -> str:
    """One of the sentences below; `language` is `en` or `zh`."""
    return _SENTENCES[name][language]


_SENTENCES = {
    "greeting": {
        "en": "Hello! I am Nexora's rehearsal model. I work offline and understand only a few phrases, so that you can "
        "see how everything fits together before you connect a real model. Try “list the files”, “run uname -a” or "
        "“write hello to AGENTS.md”, which somebody has to approve. “help” shows more.",
        "zh": "你好！我是 Nexora 的演练模型：离线运行，只听得懂几句话，让你在接入真正的模型之前先看看整个流程。"
        "试试“列出文件”“运行 uname -a”，或者“把 hello 写入 AGENTS.md”（需要有人批准）。发送“帮助”查看更多。",
    },
    "help": {
        "en": "I can rehearse these:\n"
        "- list the files\n- write hello to notes.txt\n- read notes.txt\n- search hello\n- run uname -a\n"
        "- delete notes.txt\n- write hello to AGENTS.md (needs an approval)\n"
        "- fetch https://example.com\n- what time is it\n\n"
        "To talk to a real model, set a key such as OPENAI_API_KEY, DASHSCOPE_API_KEY, DEEPSEEK_API_KEY, "
        "ANTHROPIC_API_KEY or GEMINI_API_KEY, or start Ollama, LM Studio or llama.cpp on this machine, then restart "
        "Nexora. The section `models` of nexora.yaml names models and their fallbacks.",
        "zh": "我可以演练这些：\n"
        "- 列出文件\n- 把 hello 写入 notes.txt\n- 读取 notes.txt\n- 搜索 hello\n- 运行 uname -a\n"
        "- 删除 notes.txt\n- 把 hello 写入 AGENTS.md（需要批准）\n- 抓取 https://example.com\n- 现在几点\n\n"
        "要接入真正的模型：设置 OPENAI_API_KEY、DASHSCOPE_API_KEY、DEEPSEEK_API_KEY、ANTHROPIC_API_KEY 或 "
        "GEMINI_API_KEY 等密钥，或在本机启动 Ollama、LM Studio 或 llama.cpp，然后重启 Nexora。"
        "也可以在 nexora.yaml 的 models 一节指定模型和备用模型。",
    },
    "explain": {
        "en": "I am the rehearsal model, so I cannot think about “{words}”. I only know a few phrases: send “help” to "
        "see them and to learn how to connect a real model.",
        "zh": "我只是演练模型，没法思考“{words}”。我只听得懂几句话：发送“帮助”查看，并了解如何接入真正的模型。",
    },
    "calling": {"en": "I will use the tool `{tool}` for that.", "zh": "我来用工具 `{tool}` 完成。"},
    "not_offered": {
        "en": "That would need the tool `{tool}`, which this agent does not have.",
        "zh": "这需要工具 `{tool}`，但这个智能体没有它。",
    },
    "result_done": {"en": "Done. The result:\n\n{result}", "zh": "完成，结果如下：\n\n{result}"},
    "result_pending": {
        "en": "This waits for somebody to approve it. I will carry on once it is decided.\n\n{result}",
        "zh": "这一步需要有人批准，决定之后我会继续。\n\n{result}",
    },
    "result_failed": {"en": "That did not work:\n\n{result}", "zh": "没有成功：\n\n{result}"},
    "pending_as": {
        "en": "This waits for somebody to approve it, as request {code}. Nothing has run yet; what becomes of it comes "
        "here by itself.",
        "zh": "这一步需要有人批准，编号 {code}。现在还没有执行；有了结果会自动出现在这里。",
    },
    "refused": {
        "en": "That is refused, so I did not do it: {because}.",
        "zh": "这一步被拒绝，所以我没有执行。原因：{because}",
    },
    "refused_for_good": {
        "en": "That is refused, and nobody can approve it: {because}.",
        "zh": "这一步被拒绝，任何人都不能批准。原因：{because}",
    },
    "ended_denied": {
        "en": "{who} denied request {code}, so I did not do it.",
        "zh": "{who} 拒绝了 {code}，所以我没有执行。",
    },
    "ended_expired": {
        "en": "Nobody decided request {code} in time, so it counts as denied and nothing ran. Ask again if you still "
        "want it.",
        "zh": "{code} 到期无人决定，视为拒绝，什么也没有执行。如果仍然需要，请再说一次。",
    },
    "ended_ran_out": {
        "en": "Request {code} was approved but could not run in time, so nothing ran. Ask again if you still want it.",
        "zh": "{code} 已获批准，但未能及时执行，所以什么也没有执行。如果仍然需要，请再说一次。",
    },
    "ended_withdrawn": {
        "en": "Request {code} was withdrawn, so nothing ran.",
        "zh": "{code} 已撤回，什么也没有执行。",
    },
    "reason": {"en": " The reason given: {reason}.", "zh": "理由：{reason}"},
    "result_denied": {
        "en": "That was not allowed, so I did not do it.\n\n{result}",
        "zh": "这一步没有被允许，所以我没有执行。\n\n{result}",
    },
}
