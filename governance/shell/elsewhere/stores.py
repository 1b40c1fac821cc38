"""Stores and queues with a language of their own: redis, MongoDB, Kafka. Reading is free, changing asks."""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.verbs import plain_of, words_of
from governance.shell.places import judge_read
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_REDIS_READS = words_of(
    "get mget getrange strlen exists ttl pttl type keys scan hget hgetall hmget hkeys hvals hlen hscan hexists llen"
    " lrange"
    " lindex smembers scard sismember sscan zrange zrangebyscore zrevrange zcard zscore zrank zcount zscan xlen xrange"
    " xinfo xread info ping dbsize time echo memory object latency monitor role select auth hello subscribe psubscribe"
    " command lastsave randomkey dump bitcount getbit pfcount geopos geodist srandmember sinter sunion sdiff quit wait"
)
_REDIS_PAIRS = {"acl": {"list", "whoami", "users", "cat"}, "client": {"list", "info", "id",
    "getname"}, "config": {"get"},
                "cluster": {"info", "nodes", "slots", "shards", "keyslot", "myid"}, "slowlog": {"get",
                "len"}, "script": {"exists"},
                "module": {"list"}, "pubsub": {"channels", "numsub"}, "debug": {"object"}}  # fmt: skip
_REDIS_VALUED = frozenset(
    {"-h", "-p", "-s", "-a", "-u", "-r", "-i", "-n", "-d", "-t", "-D", "--user", "--pass", "--cert", "--key",
    "--cacert", "--pattern", "--count"},
)  # fmt: skip
_MONGO_CHANGES = re.compile(
    r"\.\s*(?:drop\w*|delete(?:One|Many)|remove|insert(?:One|Many)?|update(?:One|Many)?|replaceOne|bulkWrite"
    r"|findOneAnd\w+|findAndModify"
    r"|renameCollection|create(?:User|Role|Index|Indexes|Collection|View)|grant\w+|revoke\w+|changeUserPassword"
    r"|shutdownServer|save"
    r"|convertToCapped|reIndex|fsyncLock|killOp|addShard|removeShard|reconfig|initiate|stepDown|setProfilingLevel"
    r"|copyDatabase)\s*\("
    r"|\$(?:out|merge)\b|(?:adminCommand|runCommand)\s*\(\s*\{?\s*[\"']?(?!ping|serverStatus|buildInfo|listDatabases"
    r"|dbStats|hello|isMaster"
    r"|replSetGetStatus|currentOp|getParameter|collStats|count|find|aggregate|explain|connectionStatus)\w+"
)
_MONGO_RUNS = re.compile(
    r"\b(?:run|runProgram|runMongoProgram|removeFile|copyFile|load)\s*\(|child_process|require\s*\("
)
_KAFKA_CHANGES = re.compile(
    r"--(?:delete|create|alter|add|remove|reset-offsets|execute|delete-offsets|producer-property|to-earliest"
    r"|to-latest|generate-not)(?:=.*)?"
)
_PUBLISHES = frozenset(
    {
        "amqp-publish",
        "kafka-console-producer",
        "kafka-producer-perf-test",
        "mosquitto_pub",
        "nsq_pub",
        "rabbitmq-perf-test",
    }
)


def _redis(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    asks = {"--eval", "--pipe", "--replica", "--slave", "--ldb", "--cluster"} & set(texts)
    plain = [word.text for word in plain_of(texts, _REDIS_VALUED)]
    lines = [plain] if plain else [line.split() for line in given.text.splitlines()] if given.given else []
    unknown = given.given and UNKNOWN in given.text and not plain
    if asks and not (asks == {"--cluster"} and {"check", "info"} & set(plain)):
        shell.findings.ask(why("elsewhere.unread", part=part), Risk.HIGH, network=True, elsewhere=True)
    elif unknown or any(line and not _redis_reads(line) for line in lines):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _redis_reads(line: Sequence[str]) -> bool:
    verb = line[0].lower()
    if verb in _REDIS_PAIRS:
        return len(line) > 1 and line[1].lower() in _REDIS_PAIRS[verb]
    return verb in _REDIS_READS


def _mongo(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    codes = [after for flag, after in itertools.pairwise(texts) if flag in {"--eval", "-e"}]
    codes += [text.partition("=")[2] for text in texts if text.startswith("--eval=")]
    codes += [given.text] if given.given else []
    files = [text for text in texts if text.endswith((".js", ".mongodb"))] + ["-"] * any(
        text in {"-f", "--file"} for text in texts
    )
    if any(_MONGO_RUNS.search(code) for code in codes):
        shell.findings.ask(why("elsewhere.program", part=part), Risk.HIGH, network=True, elsewhere=True)
    if any(_MONGO_CHANGES.search(code) for code in codes):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    elif files or any(UNKNOWN in code for code in codes):
        shell.findings.ask(why("elsewhere.unread", part=part), Risk.MEDIUM, network=True, elsewhere=True)
        for file in files:
            judge_read(file, shell.scope, shell.around, shell.findings, clip(name))
    return True


def _kafka(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    bare = name.removesuffix(".sh")
    if (
        bare in _PUBLISHES
        or (bare in {"kcat", "kafkacat"} and "-P" in texts)
        or (given.given and bare in {"kcat", "kafkacat"})
    ):
        shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True, elsewhere=True)
    elif bare == "kafka-delete-records" or (any(map(_KAFKA_CHANGES.fullmatch, texts)) and "--dry-run" not in texts):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


_KAFKA = words_of(
    "kafka-topics kafka-configs kafka-acls kafka-consumer-groups kafka-console-consumer kafka-console-producer"
    " kafka-delete-records kafka-reassign-partitions kafka-leader-election kafka-streams-application-reset"
    " kafka-producer-perf-test kafka-log-dirs kafka-broker-api-versions kafka-get-offsets kafka-metadata-quorum"
)

RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(("redis-cli", "valkey-cli", "keydb-cli", "iredis"), _redis),
    **dict.fromkeys(("mongo", "mongosh"), _mongo),
    **dict.fromkeys((*_KAFKA, *(f"{one}.sh" for one in _KAFKA), *_PUBLISHES, "kcat", "kafkacat"), _kafka),
}
"""The rule for each of these programs."""
