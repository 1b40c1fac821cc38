"""Why what reaches beyond the sandbox, or hides that it does, is asked: English and Chinese, without the last dot."""

ELSEWHERE_WORDS: dict[str, tuple[str, str]] = {
    "elsewhere.attack": ("{part} is a tool for attacking other machines", "{part} 是攻击其他机器的工具"),
    "elsewhere.changes": ("{part} would change something in another system", "{part} 会更改其他系统中的内容"),
    "elsewhere.host": (
        "{part} would hand the host's files, devices or rights to a container",
        "{part} 会把主机的文件、设备或权限交给容器",
    ),
    "elsewhere.hides": (
        "{part} runs what has to be decoded or put together first, so that nobody can read it",
        "{part} 执行的内容要先解码或拼接，无法阅读",
    ),
    "elsewhere.long": (
        "the code given to {part} is too long to be read wholly",
        "交给 {part} 的代码过长，无法完整阅读",
    ),
    "elsewhere.persists": (
        "{part} would change what this system runs or obeys later",
        "{part} 会更改系统以后运行或遵从的内容",
    ),
    "elsewhere.privilege": ("{part} would act with the rights of another user", "{part} 会以其他用户的权限执行"),
    "elsewhere.program": (
        "the statement {part} would run a program or touch files on the database's machine",
        "语句 {part} 会在数据库所在的机器上运行程序或读写文件",
    ),
    "elsewhere.publishes": ("{part} would publish something to everybody", "{part} 会公开发布内容"),
    "elsewhere.remote": (
        "{part} would run a command on another machine or in a container, and not only to read",
        "{part} 会在另一台机器或容器中执行不只是读取的命令",
    ),
    "elsewhere.secret": ("{part} would fetch or show a credential", "{part} 会获取或显示凭据"),
    "elsewhere.sends": ("{part} would send data of this machine to another one", "{part} 会把本机的数据发送到其他机器"),
    "elsewhere.statement": (
        "the statement {part} would change or destroy data in a database",
        "语句 {part} 会更改或销毁数据库中的数据",
    ),
    "elsewhere.system": ("{part} would change the system itself", "{part} 会更改系统本身"),
    "elsewhere.traces": (
        "{part} would remove the traces of what was done, or the copies that undo it",
        "{part} 会清除操作痕迹或用于恢复的副本",
    ),
    "elsewhere.tunnel": ("{part} would open a way in from outside", "{part} 会打开从外部进入的通道"),
    "elsewhere.unread": (
        "{part} may change another system, and what it does there cannot be read from the command",
        "{part} 可能更改其他系统，从命令中无法看出具体内容",
    ),
}
