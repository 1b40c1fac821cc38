"""The names by which scripting languages start programs, touch files, speak and decode. Patterns, no judgement."""

import re

RUNS = re.compile(
    r"(?:\$?\w+(?:\.|::|->))*(?:execSync|execFileSync|spawnSync|execFile|system2?|shell_exec|passthru|proc_open"
    r"|pcntl_exec|popen[23e]?|capture[23]e?"
    r"|os\.execute|io\.popen|Open3\.\w+|Deno\.Command|Deno\.run|Bun\.spawn(?:Sync)?|execa(?:Sync)?|IO\.popen"
    r"|Process\.spawn|shelljs\.exec|System\.(?:cmd|shell))"
)
RUNS_BARE = frozenset({"exec", "spawn", "fork", "system", "run", "popen"})
NEEDS_PROCESSES = re.compile(r"child_process|execa|shelljs|zx\b|Bun\.|Deno\.")
READS = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:readFile|readFileSync|createReadStream|readdir|readdirSync|readTextFile"
    r"|readTextFileSync|readlines|file_get_contents|readfile"
    r"|fopen|fs\.open|openSync|scandir|parse_ini_file|dofile|loadfile|io\.open|io\.lines|File\.(?:read|open|new"
    r"|foreach|readlines)|IO\.(?:read|readlines|binread)"
    r"|Dir\.(?:glob|entries|children)|Bun\.file|readLines|read\.csv|YAML\.load_file|slurp|opendir|open"
    r"|require_relative|include|include_once|readRDS)"
)
WRITES = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|mkdir|mkdirSync"
    r"|mkdir_p|writeTextFile|writeTextFileSync"
    r"|file_put_contents|touch|File\.write|IO\.write|IO\.binwrite|Bun\.write|symlink|symlinkSync|chmod|chmodSync"
    r"|chown|chownSync|lchown|utimes|truncate"
    r"|truncateSync|writeLines|write\.csv|chmod_R|chown_R|ensureDir|outputFile)"
)
REMOVES = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:unlink|unlinkSync|rmSync|rmdirSync|rmdir|rimraf(?:\.sync|Sync)?|File\.delete"
    r"|Dir\.delete|Dir\.rmdir|rm_rf|rm_r|remove_tree"
    r"|rmtree|remove_dir|os\.remove|Deno\.remove(?:Sync)?|fs\.rm|promises\.rm|FileUtils\.\w*rm\w*|fs\.remove(?:Sync)?"
    r"|emptyDir(?:Sync)?|del|deltree|file\.remove)"
)
TREES = re.compile(
    r"rmSync|rimraf|rm_rf|rm_r|remove_tree|rmtree|remove_dir|fs\.rm$|promises\.rm|remove|emptyDir|deltree|rmdir"
)
MOVES = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:rename|renameSync|os\.rename|FileUtils\.mv|copyFile|copyFileSync|FileUtils\.cp(?:_r)?"
    r"|cpSync|copy)"
)
EVALS = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:eval|Function|runInThisContext|runInNewContext|runInContext|compileFunction"
    r"|instance_eval|class_eval|module_eval|assert"
    r"|create_function|loadstring|load|unserialize|Marshal\.load|Script|evalq|parse)"
)
DECODES = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:atob|Buffer\.from|fromCharCode|fromCodePoint|unescape|decodeURIComponent|decode64"
    r"|strict_decode64|urlsafe_decode64|unpack1?|pack"
    r"|base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|hex2bin|convert_uudecode|decode_base64|decode_qp"
    r"|string\.char|inflate\w*|gunzip\w*|uncompress"
    r"|rawToChar|chr|rot13|strrev|reverse)"
)
SPEAKS = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:fetch|post|put|patch|delete|request|post_form|sendBeacon|send|axios|got|curl_exec"
    r"|curl_setopt|curl_setopt_array|write|end|socket\.tcp"
    r"|mail|sendmail|send_message|upload|putObject|upload_file|put_object|fsockopen|POST|PUT|PATCH|DELETE)"
)
ASKS_OTHERS = re.compile(r"(?:[\w$]+(?:\.|::|->))*(?:get|lookup|resolve\d?|resolve(?:Any|Txt|Mx)|getaddrinfo)")
"""Functions that ask another machine for something, and say something by what they ask for."""
CLIENTS = re.compile(
    r"axios|got|ky|needle|superagent|undici|HTTParty|Faraday|RestClient|Excon|Typhoeus|(?:Net\.)?HTTP|https?|httr2?"
)
"""Objects through which requests are made."""
CHANGES_BY_REQUEST = frozenset({"delete", "patch", "post", "post_form", "put", "POST", "PUT", "PATCH", "DELETE"})
METHOD = re.compile(r"""\bmethod['"]?\s*(?::|=>?)\s*['"](?:POST|PUT|PATCH|DELETE)\b""", re.IGNORECASE)
POSTS = re.compile(
    r"""CURLOPT_(?:POST|POSTFIELDS|CUSTOMREQUEST|PUT|UPLOAD)\b"""
    r"""|HTTP::Request(?:::Common)?\W+(?:new\W+)?(?:POST|PUT|PATCH|DELETE)\b"""
    r"""|['"]method['"]\s*=>\s*['"](?:POST|PUT|PATCH|DELETE)"""
)
"""How PHP and Perl say, apart from the call itself, that a request sends something."""
CLOUDS = re.compile(r"aws-sdk|@google-cloud|@azure/|@kubernetes/|kubernetes-client|dockerode|Aws::|Google::Cloud|Fog::")
"""Packages that speak for clouds and clusters."""
CLOUD_COMMANDS = re.compile(
    r"\b(?:Attach|Create|Delete|Detach|Disable|Modify|Put|Reboot|Remove|Run|Send|Stop|Terminate|Update)\w*Command\b"
)
"""Requests of a package for AWS that change something, each a class."""
CHANGES_CLOUD = re.compile(
    r"(?:.*[.:>])?(?i:delete|terminate|stop|reboot|put|update|modify|attach|detach|remove|drop|destroy|purge|disable|revoke)"
    r"(?:[A-Z]\w*|_\w+)"
)
HERE = re.compile(r"""['"](?:localhost|127\.|\[?::1)""")
SPEAKING = re.compile(
    r"\b(?:fetch|https?|axios|net|dgram|got|undici|Net::HTTP|net/http|open-uri|faraday|httparty|LWP|HTTP::\w+"
    r"|IO::Socket|curl_\w+|fsockopen|guzzle|socket"
    r"|file_get_contents|nodemailer|aws-sdk|@aws-sdk/[\w-]+|ftp|websocket|ws|mail|dns)\b",
    re.IGNORECASE,
)
DATABASES = re.compile(
    r"""["'](?:pg|mysql2?|mssql|mongodb|mongoose|redis|ioredis|sequelize|knex|clickhouse)["']|\bPDO\b|mysqli|pg_query|PG\.connect|DBI->connect|Sequel\."""
)
CHANGES_STORE = re.compile(
    r"(?:[\w$]+(?:\.|::|->))*(?:dropDatabase|deleteMany|flushall|flushdb|dropCollection|FLUSHALL|deleteOne|drop)"
)
MODES = re.compile(r"[rwaxbt+]{1,3}|[<>+|-]{1,3}(?::\w+)?")
SWEPT = re.compile(
    r"(?<![\w.$])(?P<name>system|exec(?:Sync)?|spawn(?:Sync)?|shell_exec|passthru|os\.execute|io\.popen)"
    r"\s*\(?\s*(?P<quote>[\"'`])(?P<text>(?:(?!(?P=quote))[^\\\n])+)(?P=quote)"
)
EXECUTED = re.compile(r"""(["'])((?:(?!\1)[^\\\n])+)\1\s*\.execute\(\)""")
"""A text that Groovy runs as a command."""
HIDDEN_NAMES = re.compile(
    r"(?i)system|exec|eval|spawn|shell_exec|passthru|child_process|popen|fork|binding|constructor|assert|kernel"
)
REMOTE = re.compile(r"https?://[\w.-]+|\b\d{1,3}(?:\.\d{1,3}){3}:\d+|\b[\w-]+(?:\.[\w-]+)+:\d{2,5}\b")
READS_LOCAL = re.compile(
    r"""(?:file_get_contents|fopen|readfile|File\.(?:read|open|binread)|IO\.(?:read|binread))\s*\(\s*["'](?!\w+://)[^"']+["']"""
    r"""|\bopen\b\s*\(?\s*(?:my\s+)?\$?\w+\s*,\s*["'](?!>)[^"']+["']|<STDIN>|\$<"""
)
