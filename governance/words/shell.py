"""Why a shell command asks, is refused or is free, in English and Chinese, without the last dot.

`{shown}`, `{by}` and `{path}` are parts of the command, in backquotes; paths in the workspace are given from there.
"""

SHELL_WORDS: dict[str, tuple[str, str]] = {
    "command.contained": (
        "it stays in the sandbox: no network, no credentials, nothing but the workspace",
        "只在沙箱内运行：没有网络、没有凭据，只能访问工作区",
    ),
    "command.contained_door": (
        "it stays in the sandbox but for the proxy: no credentials, nothing but the workspace",
        "除联网出口外只在沙箱内运行：没有凭据，只能访问工作区",
    ),
    "command.contained_undoable": (
        "it stays in the sandbox: no network, no credentials, nothing but the workspace, and can be undone",
        "只在沙箱内运行：没有网络、没有凭据，只能访问工作区，且可以撤销",
    ),
    "command.impossible": (
        "the command is longer than the {kilobytes} KB that the system can run",
        "命令超过系统可执行的 {kilobytes} KB",
    ),
    "command.nul": (
        "the command contains a NUL character, which no program can be given",
        "命令含有 NUL 字符，任何程序都无法接收",
    ),
    "shell.a_redirection": ("a redirection", "重定向"),
    "shell.attacks": (
        "{shown} would load or sound out another machine",
        "{shown} 会给其他机器施加负载或对其探测",
    ),
    "shell.backtick": ("{shown} contains a backtick outside single quotes", "{shown} 在单引号之外含有反引号"),
    "shell.becomes_command": (
        "{shown} becomes a command that cannot be known before it runs",
        "{shown} 会变成一条运行前无法得知的命令",
    ),
    "shell.beyond_recovery": (
        "{shown} would remove what it is given beyond recovery",
        "{shown} 会彻底删除所给的内容，无法恢复",
    ),
    "shell.broken_word": ("{shown} breaks a word over two lines", "{shown} 把一个词拆成了两行"),
    "shell.changes_meaning": (
        "{shown} changes what later commands mean or run",
        "{shown} 会改变后续命令的含义或所运行的程序",
    ),
    "shell.changes_system": (
        "{shown} would change the system or what it runs later",
        "{shown} 会更改系统或系统以后运行的内容",
    ),
    "shell.code": ("{by} would run the code {shown}", "{by} 会运行代码 {shown}"),
    "shell.code_acts": (
        "{by} would run code that can start programs, change files or open connections",
        "{by} 运行的代码可能启动程序、更改文件或建立连接",
    ),
    "shell.code_bomb": ("the code given to {by} is a fork bomb", "交给 {by} 的代码是 fork 炸弹"),
    "shell.code_device": (
        "the code given to {by} would overwrite a raw device",
        "交给 {by} 的代码会覆写裸设备",
    ),
    "shell.code_metadata": (
        "the code given to {by} would ask the cloud's metadata service for credentials",
        "交给 {by} 的代码会向云平台的元数据服务索取凭据",
    ),
    "shell.code_port": (
        "the code given to {by} would speak to the gateway's own port",
        "交给 {by} 的代码会访问网关自己的端口",
    ),
    "shell.code_removes": ("the code given to {by} would remove everything", "交给 {by} 的代码会删除所有内容"),
    "shell.code_shell": (
        "the code given to {by} would open a connection and hand it a shell",
        "交给 {by} 的代码会建立连接并交出 shell",
    ),
    "shell.code_unknown": (
        "{by} would run code that cannot be known before it runs",
        "{by} 会运行事先无法得知的代码",
    ),
    "shell.commands_kernel": ("{by} would command the kernel through {path}", "{by} 会通过 {path} 操控内核"),
    "shell.composed_program": (
        "the program's name, {name}, is put together by the shell",
        "程序名 {name} 由 shell 拼接而成",
    ),
    "shell.declares_command": ("{shown} may run a command or rename a variable", "{shown} 可能运行命令或改名变量"),
    "shell.declares_unknown": (
        "{shown} declares what cannot be known before it runs",
        "{shown} 声明的内容在运行前无法得知",
    ),
    "shell.default_secret": (
        "{shown} may stand for a place where secrets are kept",
        "{shown} 可能代表保存密钥的位置",
    ),
    "shell.destroys": (
        "{shown} is told to {verb}, and what that takes cannot be known",
        "{shown} 被要求执行 {verb}，其影响范围无法得知",
    ),
    "shell.ends_gateway": ("{shown} would end the gateway itself", "{shown} 会终止网关本身"),
    "shell.expands_value": ("{shown} expands its value as a command would", "{shown} 会把变量的值当作命令展开"),
    "shell.feeds_decoded": (
        "{shown} decodes a text and feeds it to an interpreter",
        "{shown} 解码一段文本并交给解释器执行",
    ),
    "shell.feeds_download": ("{shown} feeds a download to an interpreter", "{shown} 把下载的内容交给解释器执行"),
    "shell.feeds_pipeline": ("{shown} feeds an interpreter from a pipeline", "{shown} 通过管道向解释器输入代码"),
    "shell.find_everywhere": ("`find /` would search the whole system", "`find /` 会搜索整个系统"),
    "shell.find_removes": ("{shown} would remove every file it finds", "{shown} 会删除找到的每个文件"),
    "shell.find_told": (
        "`find -files0-from` searches where a file tells it to",
        "`find -files0-from` 按文件中的内容决定搜索位置",
    ),
    "shell.finds_setuid": (
        "{shown} looks for programs that act with another user's rights",
        "{shown} 查找以其他用户权限运行的程序",
    ),
    "shell.finds_secrets": (
        "{shown} looks for files in which secrets are kept",
        "{shown} 查找保存密钥的文件",
    ),
    "shell.floods": (
        "{shown} goes on without end and fills what it is given",
        "{shown} 会无休止地运行，耗尽所给的资源",
    ),
    "shell.foreign_registry": (
        "{shown} takes packages from {source}, which is no known registry",
        "{shown} 从 {source} 获取软件包，那不是已知的软件源",
    ),
    "shell.formats": ("{shown} would format a file system", "{shown} 会格式化文件系统"),
    "shell.function_bomb": (
        "the function {name} starts itself again and again, which is a fork bomb",
        "函数 {name} 不断启动自身，是 fork 炸弹",
    ),
    "shell.function_twice": ("the function {name} calls itself more than once", "函数 {name} 多次调用自身"),
    "shell.gateway_database": ("{shown} would reach the gateway's own database", "{shown} 会访问网关自己的数据库"),
    "shell.gateway_port": ("{shown} would speak to the gateway's own port", "{shown} 会访问网关自己的端口"),
    "shell.git_editor": ("`git rebase -i` opens an editor", "`git rebase -i` 会打开编辑器"),
    "shell.git_forces": (
        "{shown} may overwrite or delete what others have",
        "{shown} 可能覆盖或删除他人的内容",
    ),
    "shell.git_helper": ("{shown} lets git run another program", "{shown} 会让 git 运行其他程序"),
    "shell.git_loses": (
        "{shown} may lose work that is not committed or referenced",
        "{shown} 可能丢失未提交或未被引用的工作",
    ),
    "shell.git_obeys": ("{shown} changes what git obeys or runs", "{shown} 会更改 git 遵循的设置或运行的程序"),
    "shell.git_sends": ("{shown} sends work of this machine to another one", "{shown} 会把本机的内容发送到其他机器"),
    "shell.git_steered": (
        "{shown} changes what git runs or where it works",
        "{shown} 会改变 git 运行的程序或工作位置",
    ),
    "shell.git_unknown": (
        "{shown} is not among the harmless commands of git (it may also be an alias)",
        "{shown} 不在已知无害的 git 命令之列（也可能是别名）",
    ),
    "shell.hands_shell": ("{shown} would hand a shell to another machine", "{shown} 会把 shell 交给其他机器"),
    "shell.heredoc_runs": (
        "a here-document without quotes may run a command from inside its text",
        "未加引号的 here-document 可能运行其文本中的命令",
    ),
    "shell.hidden_character": (
        "the command contains a character that cannot be seen ({name})",
        "命令含有不可见字符（{name}）",
    ),
    "shell.hijack": ("{shown} changes what later programs run or obey", "{shown} 会改变后续程序运行或遵循的内容"),
    "shell.ifs": ("setting `IFS` changes where later words end", "设置 `IFS` 会改变后续词的切分"),
    "shell.index_runs": (
        "{shown} may run a command inside the index of an array",
        "{shown} 可能运行数组下标中的命令",
    ),
    "shell.installs": (
        "{shown} may install, publish or change what lies outside the workspace",
        "{shown} 可能安装、发布或更改工作区以外的内容",
    ),
    "shell.interactive": (
        "{shown} is an interactive shell, which obeys start-up files",
        "{shown} 是交互式 shell，会执行启动文件",
    ),
    "shell.kills_all": ("{shown} would end every process", "{shown} 会结束所有进程"),
    "shell.launches_foreign": (
        "{shown} would fetch {tool} and run it at once, and nobody here has seen what that is",
        "{shown} 会下载并立即运行 {tool}，而其内容尚无人看过",
    ),
    "shell.loads_outside": (
        "{shown} lets later programs load code from outside the workspace",
        "{shown} 会让后续程序加载工作区以外的代码",
    ),
    "shell.metadata": (
        "{shown} would ask the cloud's metadata service for credentials",
        "{shown} 会向云平台的元数据服务索取凭据",
    ),
    "shell.names_as_options": (
        "{shown} lets file names become options of {by}",
        "{shown} 会让文件名变成 {by} 的选项",
    ),
    "shell.not_understood": ("{shown} is not understood", "无法理解 {shown}"),
    "shell.obeys_input": ("{by} would obey what another command prints", "{by} 会执行另一条命令输出的内容"),
    "shell.obeys_other": (
        "{shown} is an option by which it runs or obeys something else",
        "{shown} 这一选项会使其运行或遵循其他内容",
    ),
    "shell.odd_end_word": (
        "{shown} ends a here-document with a word that the guard cannot tell from another",
        "{shown} 的 here-document 结束词无法与其他词区分",
    ),
    "shell.odd_statement": (
        "{shown} is a kind of statement that is not understood",
        "{shown} 是无法理解的语句类型",
    ),
    "shell.opens_connection": (
        "{by} would open a network connection as a file, {path}, as reverse shells do",
        "{by} 会像反弹 shell 那样把网络连接 {path} 当作文件打开",
    ),
    "shell.option_runs": (
        "{shown} is an option by which the program runs or writes something else",
        "{shown} 这一选项会使程序运行或写入其他内容",
    ),
    "shell.reaches_beyond": ("{shown} is meant to reach beyond the workspace", "{shown} 意在影响工作区以外的内容"),
    "shell.reads_device": ("{by} would read the raw device {path}", "{by} 会读取裸设备 {path}"),
    "shell.reads_gateway": (
        "{by} would read {path}, which belongs to the gateway itself",
        "{by} 会读取 {path}，它属于网关本身",
    ),
    "shell.reads_outside": ("{by} would read {path}, outside the workspace", "{by} 会读取工作区以外的 {path}"),
    "shell.reads_people": (
        "{by} would read {path}, which lists the accounts of the machine",
        "{by} 会读取 {path}，其中列有本机的账号",
    ),
    "shell.reads_secret": ("{by} would read {path}, where secrets are kept", "{by} 会读取 {path}，那里保存着密钥"),
    "shell.recipe_argument": ("{shown} gives a recipe as an argument", "{shown} 通过参数给出构建规则"),
    "shell.redefines": ("defining {name} changes what a later command means", "定义 {name} 会改变后续命令的含义"),
    "shell.redirects_many": ("a redirection to {path} may reach several files", "重定向到 {path} 可能涉及多个文件"),
    "shell.removes_all": (
        "{shown} would remove the whole workspace or its history",
        "{shown} 会删除整个工作区或其历史",
    ),
    "shell.removes_home": (
        "{shown} would take files of a home folder",
        "{shown} 会波及主目录中的文件",
    ),
    "shell.removes_many": (
        "{shown} would remove more than single files, and that cannot be undone",
        "{shown} 会删除不止单个文件，且无法撤销",
    ),
    "shell.replaces_shell": ("{shown} replaces the shell that runs the recipes", "{shown} 会替换运行规则的 shell"),
    "shell.reverse_shell": (
        "{shown} would open a network connection, as reverse shells do",
        "{shown} 会像反弹 shell 那样打开网络连接",
    ),
    "shell.runner_installs": (
        "{shown} runs another program through {by}, and may install it first",
        "{shown} 通过 {by} 运行其他程序，并可能先行安装",
    ),
    "shell.runs_arrived": (
        "{shown} runs a file that this command has just downloaded or decoded",
        "{shown} 运行的文件是该命令刚下载或解码得到的",
    ),
    "shell.runs_for_each": (
        "{shown} runs a command for every file it finds",
        "{shown} 会对找到的每个文件运行命令",
    ),
    "shell.runs_printed": ("{shown} would run what another command prints", "{shown} 会运行另一条命令输出的内容"),
    "shell.runs_remotely": (
        "{shown} would run a command on another machine",
        "{shown} 会在其他机器上运行命令",
    ),
    "shell.runs_through": ("{shown} runs another command through {by}", "{shown} 通过 {by} 运行其他命令"),
    "shell.script_runs": (
        "{shown} may run a command or write a file from inside its script",
        "{shown} 可能在脚本内部运行命令或写入文件",
    ),
    "shell.searches_secrets": (
        "{by} would go through every file below {path}, where secrets are kept too",
        "{by} 会遍历 {path} 下的所有文件，其中也保存着密钥",
    ),
    "shell.searches_tokens": (
        "{by} would search many files for {shown}, which is what keys begin with",
        "{by} 会在大量文件中搜索 {shown}，那是密钥的开头",
    ),
    "shell.sends": ("{shown} may send data of this machine to another one", "{shown} 可能把本机的数据发送到其他机器"),
    "shell.sets_for_other": (
        "{shown} sets a variable for another program",
        "{shown} 为其他程序设置环境变量",
    ),
    "shell.setuid": (
        "{shown} would let others act as the owner of a file",
        "{shown} 会让他人以文件所有者的身份执行",
    ),
    "shell.shows_environment": (
        "{shown} would show the environment of other programs",
        "{shown} 会显示其他程序的环境变量",
    ),
    "shell.speaks": ("{shown} speaks to another machine", "{shown} 会与其他机器通信"),
    "shell.startup_file": ("{by} would obey a start-up file", "{by} 会执行启动文件"),
    "shell.stops_machine": ("{shown} would stop the machine", "{shown} 会使机器停机"),
    "shell.text_bomb": ("{shown} is a fork bomb", "{shown} 是 fork 炸弹"),
    "shell.text_connection": (
        "{shown} opens a network connection as a file, as reverse shells do",
        "{shown} 像反弹 shell 那样把网络连接当作文件打开",
    ),
    "shell.text_device": ("{shown} overwrites a raw device", "{shown} 会覆写裸设备"),
    "shell.text_formats": ("{shown} formats a raw device", "{shown} 会格式化裸设备"),
    "shell.text_removes": ("{shown} removes everything", "{shown} 会删除所有内容"),
    "shell.the_command": ("the command", "该命令"),
    "shell.too_deep": ("{shown} is too long or too deeply nested to judge", "{shown} 过长或嵌套过深，无法审查"),
    "shell.too_many_parts": ("{shown} has too many parts to judge", "{shown} 组成部分过多，无法审查"),
    "shell.touches_unknown": (
        "{by} would touch {path}, and which file that is cannot be known before it runs",
        "{by} 会访问 {path}，而具体是哪个文件在运行前无法得知",
    ),
    "shell.trap": (
        "`trap` runs between the commands that follow it",
        "`trap` 会在其后的命令之间运行",
    ),
    "shell.unforeseen": (
        "{shown} may be expanded in a way that cannot be foreseen",
        "{shown} 的展开方式无法预知",
    ),
    "shell.unknown_argument": (
        "{shown} has an argument that cannot be known before it runs",
        "{shown} 有一个运行前无法得知的参数",
    ),
    "shell.unknown_commands": (
        "{by} would run commands that cannot be known before it runs",
        "{by} 会运行事先无法得知的命令",
    ),
    "shell.unknown_program": (
        "the program's name comes from a value that cannot be known before it runs",
        "程序名来自运行前无法得知的值",
    ),
    "shell.unknown_text": (
        "{by} would run text that cannot be known before it runs",
        "{by} 会运行事先无法得知的文本",
    ),
    "shell.unknown_to_us": (
        "{name} is not among the programs that are known to be harmless",
        "{name} 不在已知无害的程序之列",
    ),
    "shell.unparsed": ("{shown} cannot be parsed with certainty", "{shown} 无法确切解析"),
    "shell.unplaced": ("{shown} stands where it cannot be judged", "{shown} 所处的位置无法审查"),
    "shell.unplaced_words": (
        "{shown} is followed by words that cannot be placed",
        "{shown} 之后有无法归位的词",
    ),
    "shell.unread_code": ("{shown} runs code, which the guard has not read", "{shown} 会运行守卫未读过的代码"),
    "shell.unread_program": (
        "{shown} runs a program of the workspace or an unknown place, which the guard has not read",
        "{shown} 会运行工作区或未知位置的程序，守卫未读过它",
    ),
    "shell.unread_script": (
        "{shown} would run a script, which the guard has not read",
        "{shown} 会运行守卫未读过的脚本",
    ),
    "shell.shows_secrets": ("{shown} would show or hand out credentials", "{shown} 会显示或交出凭据"),
    "shell.hides_traces": ("{shown} would keep what is done from being seen", "{shown} 会掩盖操作痕迹"),
    "shell.plants": (
        "{shown} plants what other programs obey later",
        "{shown} 会植入其他程序以后会执行的内容",
    ),
    "shell.whole_tree": (
        "{shown} would take {path} and all below it",
        "{shown} 会波及 {path} 及其下的所有内容",
    ),
    "shell.whole_tree_if_empty": (
        "{shown} would take everything if its variable is empty",
        "{shown} 在变量为空时会波及所有内容",
    ),
    "shell.wrapper_more": ("{shown} does more than run a command", "{shown} 不只是运行命令"),
    "shell.writes_device": ("{by} would overwrite the raw device {path}", "{by} 会覆写裸设备 {path}"),
    "shell.writes_gateway": (
        "{by} would change {path}, which belongs to the gateway itself",
        "{by} 会更改 {path}，它属于网关本身",
    ),
    "shell.writes_obeyed": (
        "{by} would change {path}, which other programs obey when they start",
        "{by} 会更改 {path}，其他程序启动时会执行它",
    ),
    "shell.writes_option": (
        "{by} would make a file named {path}, which programs take for an option",
        "{by} 会创建名为 {path} 的文件，程序会把它当作选项",
    ),
    "shell.writes_outside": ("{by} would write {path}, outside the workspace", "{by} 会写入工作区以外的 {path}"),
    "shell.writes_secret": (
        "{by} would change {path}, where secrets are kept",
        "{by} 会更改 {path}，那里保存着密钥",
    ),
}
