"""The settings of both servers, written into one folder: everybody has a mailbox there, nothing leaves this machine."""

import base64
import shutil
from pathlib import Path

from tests.platforms.mail.places import DOMAIN, HOST, OLD_HOST, PASSWORD, SECRET, Places, Ports

DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
local_name {old_host} {{
  ssl_cert = <{old_certificate}
  ssl_key = <{old_certificate}
}}
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
first_valid_uid = 1
default_vsz_limit = 512M
service imap-login {{
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service imap {{
  service_count = 100
  process_min_avail = 1
}}
service lmtp {{
  inet_listener lmtp {{
    port = {ports.lmtp}
  }}
}}
service auth {{
  client_limit = 2000
  unix_listener {home}/sign-in {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  deny = yes
  args = {denied}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/mail/%u allow_all_users=yes
}}
"""
OAUTH2 = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = email
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {home}/postfix-data
command_directory = {commands}
daemon_directory = {daemons}
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
myhostname = {host}
mydestination =
mynetworks =
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}, elsewhere.example
virtual_mailbox_maps = regexp:{home}/recipients
virtual_transport = lmtp:inet:127.0.0.1:{ports.lmtp}
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
default_destination_concurrency_limit = 1
lmtp_destination_concurrency_limit = 1
message_size_limit = 24000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
tls_server_sni_maps = inline:{{ {{{old_host} = {old_certificate}}} }}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/sign-in
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
ask = check_policy_service inet:127.0.0.1:{ports.policy}
"""
MASTER = """\
127.0.0.1:{ports.submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o {{smtpd_recipient_restrictions=$ask, permit_sasl_authenticated, reject}}
  -o {{smtpd_end_of_data_restrictions=$ask}}
127.0.0.1:{ports.smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o {{smtpd_recipient_restrictions=$ask, permit_sasl_authenticated, reject}}
  -o {{smtpd_end_of_data_restrictions=$ask}}
127.0.0.1:{ports.border} inet n - n - - smtpd
  -o {{smtpd_recipient_restrictions=reject_unauth_destination, $ask}}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
COMMANDS = Path("/usr/sbin")
QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
)  # fmt: skip
DAEMONS = Path("/usr/lib/postfix/sbin")


def write(places: Places, ports: Ports) -> None:
    """Write every file that the servers read."""
    words = {
        "home": places.home,
        "queue": places.queue,
        "certificate": places.certificate,
        "key": places.key,
        "old_host": OLD_HOST,
        "old_certificate": places.old_certificate,
        "denied": places.denied,
        "commands": COMMANDS,
        "daemons": DAEMONS,
        "domain": DOMAIN,
        "host": HOST,
        "password": PASSWORD,
        "ports": ports,
    }
    for folder in (places.postfix, places.queue, places.faults, places.said, places.verdicts, places.home / "mail"):
        folder.mkdir()
    shutil.chown(places.home / "mail", "mail", "mail")
    _make_queue(places)
    places.denied.touch()
    places.dovecot.write_text(DOVECOT.format(**words))
    (places.home / "oauth2.conf").write_text(OAUTH2.format(**words))
    keys = places.home / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_text(base64.b64encode(SECRET).decode())
    (places.postfix / "main.cf").write_text(MAIN.format(**words))
    (places.postfix / "master.cf").write_text(MASTER.format(**words))
    (places.home / "recipients").write_text(f"/^[a-z]+\\.[0-9a-z]+@({DOMAIN}|elsewhere\\.example)$/ there\n")


def _make_queue(places: Places) -> None:
    """The folders that `postfix check` makes, in a fraction of its time."""
    data = places.home / "postfix-data"
    data.mkdir()
    shutil.chown(data, "postfix", "postfix")
    for name in ("pid", *QUEUES, "maildrop", "public"):
        folder = places.queue / name
        folder.mkdir()
        if name != "pid":
            shutil.chown(folder, "postfix", "postdrop" if name in {"maildrop", "public"} else "root")
            folder.chmod({"maildrop": 0o730, "public": 0o710}.get(name, 0o700))
