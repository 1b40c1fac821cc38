"""What well-known functions of Python do, by their full names. A table, no judgement."""

import re

SHELLS = frozenset(
    {
        "asyncio.create_subprocess_shell", "commands.getoutput", "commands.getstatusoutput", "fabric.api.local",
        "invoke.run",
        "os.popen", "os.system", "pexpect.run", "pexpect.spawn", "popen2.popen2", "posix.system", "pty.spawn",
        "subprocess.getoutput", "subprocess.getstatusoutput", "IPython.get_ipython.system", "get_ipython.system",
    },
)  # fmt: skip
"""Functions whose first argument is a command line."""

PROGRAMS = frozenset(
    {
        "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.run",
        "asyncio.create_subprocess_exec", "os.execl", "os.execle", "os.execlp", "os.execlpe", "os.execv", "os.execve",
        "os.execvp", "os.execvpe", "os.posix_spawn", "os.posix_spawnp", "os.spawnl", "os.spawnle", "os.spawnlp",
        "os.spawnlpe", "os.spawnv", "os.spawnve", "os.spawnvp", "os.spawnvpe", "os.startfile", "plumbum.local",
    },
)  # fmt: skip
"""Functions that start a program from a list or from words."""

READS = frozenset(
    {
        "codecs.open", "glob.glob", "glob.iglob", "gzip.open", "io.open", "json.load", "linecache.getline",
        "linecache.getlines",
        "mmap.mmap", "numpy.load", "numpy.loadtxt", "open", "os.listdir", "os.open", "os.readlink", "os.scandir",
        "os.walk",
        "pandas.read_csv", "pandas.read_excel", "pandas.read_json", "pandas.read_parquet", "pickle.load",
        "runpy.run_path",
        "sqlite3.connect", "tarfile.open", "yaml.safe_load", "zipfile.ZipFile", "bz2.open", "lzma.open",
        "fileinput.input",
        "importlib.util.spec_from_file_location", "configparser.ConfigParser.read", "dotenv.load_dotenv",
        "dotenv.dotenv_values",
        "os.chdir", "netrc.netrc",
    },
)  # fmt: skip
"""Functions whose first argument is a file or folder to read; `open` and its kin look at the mode."""

OPENS = frozenset(
    {
        "bz2.open",
        "codecs.open",
        "gzip.open",
        "io.open",
        "lzma.open",
        "open",
        "os.open",
        "tarfile.open",
        "zipfile.ZipFile",
    }
)
WRITES = frozenset({"os.mkdir", "os.makedirs", "os.mkfifo", "os.mknod", "os.truncate", "os.utime", "numpy.save",
    "numpy.savetxt",
                    "shelve.open", "dbm.open", "tempfile.mkstemp-dir"})  # fmt: skip
REMOVES = frozenset({"os.remove", "os.removedirs", "os.rmdir", "os.unlink", "pathlib.os.unlink"})
COMMANDS: dict[str, tuple[str, ...]] = {
    "os.link": ("ln",),
    "os.rename": ("mv",),
    "os.renames": ("mv",),
    "os.replace": ("mv",),
    "os.symlink": ("ln", "-s"),
    "shutil.copy": ("cp",),
    "shutil.copy2": ("cp",),
    "shutil.copyfile": ("cp",),
    "shutil.copytree": ("cp", "-r"),
    "shutil.move": ("mv",),
}
"""Functions that do with their first two arguments what a command does."""

PLACE_READS = frozenset(
    {"exists-not", "glob", "iterdir", "open", "read_bytes", "read_text", "readlink", "rglob", "walk"}
)
PLACE_WRITES = frozenset({"mkdir", "touch", "write_bytes", "write_text", "hardlink_to", "symlink_to"})
PLACE_REMOVES = frozenset({"rmdir", "unlink"})
PLACE_MOVES = frozenset({"rename", "replace"})
PLACE_METHODS = PLACE_READS | PLACE_WRITES | PLACE_REMOVES | PLACE_MOVES | {"chmod"}

RUNS_CODE = frozenset(
    {"builtins.compile", "builtins.eval", "builtins.exec", "compile", "eval", "exec", "execfile", "code.interact"}
)
LOADS_CODE = frozenset(
    {"cloudpickle.loads", "dill.loads", "jsonpickle.decode", "marshal.loads", "pickle.loads", "pickle.load",
    "shelve.open", "types.CodeType",
     "types.FunctionType", "yaml.unsafe_load", "_pickle.loads", "cPickle.loads", "marshal.load"},
)  # fmt: skip
"""Functions that make code or objects out of bytes."""

FETCHES = re.compile(
    r"(?:requests|httpx|niquests)(?:\.\w+)?\.(?:get|post|request)|urllib\.request\.(?:urlopen|urlretrieve)|urllib2\.urlopen"
    r"|\?\.(?:recv|recvfrom|urlopen)"
    r"|socket\.(?:recv)|http\.client\..*|aiohttp\..*|urllib3\..*|paramiko\..*|wget\.download|pycurl\..*"
)
READS_DATA = re.compile(
    r"(?:\?|open)\.(?:read|readlines|readline|read_text|read_bytes|getvalue)|os\.environ|os\.(?:listdir|walk|scandir)"
    r"|glob\.i?glob"
    r"|subprocess\.(?:check_output|run|getoutput|Popen)|os\.popen|pandas\.read_\w+|json\.load|open"
    r"|pathlib\..*\.read_\w+|sqlite3\.connect"
)
NETWORKING = frozenset(
    {"aiohttp", "boto3", "botocore", "ftplib", "google", "http", "httpx", "imaplib", "niquests", "paramiko",
    "pycurl", "requests", "smtplib",
     "socket", "telnetlib", "urllib", "urllib2", "urllib3", "websocket", "websockets", "xmlrpc", "azure", "scp",
     "pysftp", "dns"},
)  # fmt: skip
"""Packages that speak to other machines."""

SENDS = frozenset(
    {"delete", "patch", "post", "put", "request", "send", "sendall", "sendto", "sendmail", "send_message",
    "storbinary", "storlines", "urlopen",
     "Request", "upload_file", "upload_fileobj", "put_object", "get", "options", "head", "exec_command", "resolve",
     "gethostbyname", "write"},
)  # fmt: skip
MAILS = frozenset({"send_message", "sendmail", "storbinary", "storlines"})
UPLOADS = frozenset(
    {
        "put_file",
        "put_object",
        "upload_blob",
        "upload_file",
        "upload_fileobj",
        "upload_from_filename",
        "upload_from_string",
    }
)
SECRETS = re.compile(r"keyring\.get_\w+|browser_cookie3\.\w+|secretstorage\.\w+|win32crypt\.\w+")
CHANGES_BY_REQUEST = frozenset({"delete", "patch", "post", "put"})
"""Methods by which something is sent or changed elsewhere, in small letters."""
CLIENTS = frozenset(
    {"aiohttp.ClientSession", "http.client.HTTPConnection", "http.client.HTTPSConnection", "httpx.AsyncClient",
     "httpx.Client", "niquests.AsyncSession", "niquests.Session", "requests.Session", "requests.session",
     "urllib3.HTTPConnectionPool", "urllib3.HTTPSConnectionPool", "urllib3.PoolManager"},
)  # fmt: skip
"""Objects through which requests are made; what is told to one is told to a machine elsewhere."""
CONNECTS = frozenset({"connect", "connect_ex", "create_connection", "open_connection"})
CLIENT_HERE = "client_of_this_machine"
"""The name of such an object that only speaks to this machine itself."""
CLOUDS = frozenset({"boto3", "botocore", "google", "azure", "kubernetes", "docker", "openstack", "digitalocean",
    "hcloud", "aliyunsdkcore",
                    "tencentcloud", "oci", "kubernetes_asyncio", "stripe", "github", "gitlab", "consul", "etcd3",
                    "hvac"})  # fmt: skip
"""Packages that speak for clouds and clusters."""

CLOUD_CHANGES = re.compile(
    r"(?:delete|terminate|stop|reboot|modify|put|create|update|attach|detach|revoke|remove|replace|patch"
    r"|run_instances|drop|destroy|purge|kill"
    r"|prune|deregister|disable|authorize|release|reset|rollback|scale|start_instances|batch_write)(?:_\w+)?"
)
DATABASES = frozenset(
    {"MySQLdb", "aiomysql", "asyncpg", "cassandra", "clickhouse_connect", "clickhouse_driver", "cx_Oracle", "mysql",
    "oracledb", "pg8000",
     "psycopg", "psycopg2", "pymssql", "pymysql", "pyodbc", "snowflake", "sqlalchemy", "trino", "databases",
     "redshift_connector"},
)  # fmt: skip
"""Packages that speak to databases of other machines."""

EXECUTES = frozenset(
    {"exec_driver_sql", "execute", "executemany", "executescript", "fetch", "query", "command", "read_sql"}
)
STORES = frozenset({"pymongo", "motor", "redis", "aioredis", "elasticsearch", "opensearchpy", "memcache", "pymemcache"})
STORE_CHANGES = frozenset(
    {"delete_many", "delete_one", "drop", "drop_collection", "drop_database", "flushall", "flushdb",
    "delete_by_query", "update_many",
     "update_one", "insert_many", "insert_one", "replace_one", "bulk_write", "flush_all", "delete", "config_set",
     "shutdown"},
)  # fmt: skip
HIDDEN_BASES = frozenset({"__builtins__", "builtins", "importlib", "os", "posix", "pty", "shutil", "subprocess", "sys"})
"""Modules of which a name that is put together hides what is called."""

ESCAPES = frozenset(
    {"__subclasses__", "__globals__", "__builtins__", "__code__", "__bases__", "__mro__", "gi_frame", "f_globals"}
)
"""Attributes by which code walks from any object to any other."""
