"""How ssh, and git over it, finds the way out: the system's settings for ssh as a command sees them, and a connector.

ssh knows no proxy by itself. The connector is a few lines of bash, which every sandbox has, and asks the proxy for a
tunnel; whether there is one is decided there. No key of anybody is given to a command.
"""

from collections.abc import Mapping

_CONNECTOR = "/etc/nexora-connect"
_SETTINGS = f"""Host *
    BatchMode yes
    IdentityFile ${{HOME}}/.ssh/id_ed25519
    ProxyCommand /bin/bash {_CONNECTOR} %h %p
    StrictHostKeyChecking accept-new
    UserKnownHostsFile ${{HOME}}/.ssh/known_hosts
"""
_CONNECT = """exec 4<&0 3<>/dev/tcp/127.0.0.1/{port} || exit 1
printf 'CONNECT %s:%s HTTP/1.1\\r\\n\\r\\n' "$1" "$2" >&3
IFS= read -r line <&3
case $line in
    'HTTP/1.1 200'*) ;;
    *) printf '%s\\n' "${{line#HTTP/1.1 }}" >&2; exit 1 ;;
esac
while IFS= read -r line <&3 && [ "$line" != $'\\r' ]; do :; done
cat <&4 >&3 &
cat <&3
kill %1 2>/dev/null
"""


def files(proxy_port: int) -> Mapping[str, bytes]:
    """What stands where in the sandbox, by path."""
    return {
        _CONNECTOR: _CONNECT.format(port=proxy_port).encode(),
        "/etc/ssh/ssh_config": _SETTINGS.encode(),
    }
