"""The host itself: rights of other users, what runs later by itself, accounts, filters, mounts, kernel, packages.

Each has forms that only show something, and those are free.
"""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.verbs import plain_of
from governance.shell.places import judge_write
from governance.shell.scope import Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_RULES_OF_FILTERS = (
    r"(?:-L|-S|--list).*|-n|-v|-nv|-vn|--line-numbers|-t|nat|filter|mangle|raw|[A-Z]+|-nvL|-nL|-vnL|-vL|-Ln.*"
)
_SHOWS: dict[str, str] = {
    "arptables": r"(?:-L|-S|--list).*|-n|-v",
    "at": r"-l|-c|-V",
    "auditctl": r"-l|-s|-v",
    "bcdedit": r"/enum.*",
    "chkconfig": r"--list",
    "chage": r"-l|--list",
    "crontab": r"-l|-V",
    "dmesg": r"(?!-[A-Za-z]*[CcDEn]|--(?:clear|read-clear|console)).*",
    "ebtables": r"-L|--list",
    "efibootmgr": r"-v|--verbose",
    "firewall-cmd": r"--(?:list|state|get|info|query|check|zone|permanent).*",
    "ifconfig": r"-a|-s|-v|[a-z]+\d[\w.:]*|lo",
    "ip6tables": _RULES_OF_FILTERS,
    "iptables": _RULES_OF_FILTERS,
    "iptables-save": r"-t|nat|filter|mangle|-c",
    "journalctl": r"(?!--(?:vacuum|rotate|flush|sync|relinquish|update|setup)).*",
    "losetup": r"-a|-l|--list|--all|-j.*",
    "mount": r"-l|-t|--version|--show-labels|[a-z]+\d?|-v",
    "nft": r"-[ansj]+|list|ruleset|tables?|chains?|inet|ip|filter|sets?|monitor|describe|\w+",
    "pvs": r".*", "vgs": r".*", "lvs": r".*",
    "route": r"-n|-e|-ee|-4|-6|-A|inet6?",
    "setenforce": r"(?!x)x",
    "swapon": r"-s|--show.*|--summary",
    "sysctl": r"-[aAnNeq]+|--all|--values|--names|[\w.*/-]+",
    "tc": r"-s|-d|qdisc|class|filter|show|ls|list|dev|\w+\d",
    "ufw": r"status|verbose|numbered|show|app|list|info|version",
    "update-alternatives": r"--(?:list|display|query|get-selections|verbose)|[\w.+-]+",
    "visudo": r"-c.*|--check|-s",
}  # fmt: skip
"""Programs of which every argument must look like this, or they change something."""

_CHANGED = re.compile(
    r"add|append|change|create|del(?:ete)?|down|flush|insert|kill|replace|reset|restore|set|up|destroy|remove"
)
_SYSTEM = frozenset(
    {
        "adduser", "addgroup", "apparmor_parser", "arptables", "auditctl", "bcdedit", "brctl", "chage", "chfn",
        "chgpasswd",
        "chkconfig", "chpasswd", "chsh", "depmod", "dkms", "dmesg", "dmsetup", "ebtables", "efibootmgr",
        "fail2ban-client",
        "firewall-cmd", "gpasswd", "groupadd", "groupdel", "groupmod", "grub-install", "grub-mkconfig", "ifconfig",
        "ifdown",
        "ifup", "insmod", "ip6tables", "iptables", "iptables-restore", "iptables-save", "losetup", "lvcreate",
        "lvextend",
        "lvremove", "mkinitramfs", "modprobe", "mount", "newusers", "nft", "passwd", "pvcreate", "pvremove",
        "resize2fs",
        "restorecon", "rmmod", "route", "semanage", "setcap", "setenforce", "setsebool", "swapoff",
        "swapon",
        "sysctl", "tc", "tune2fs", "ufw", "umount", "update-alternatives", "update-grub", "update-initramfs",
        "update-rc.d",
        "useradd", "userdel", "usermod", "vgcreate", "vgremove", "vipw", "visudo", "xfs_growfs", "deluser", "delgroup",
        "journalctl", "logrotate", "rc-update", "rc-service", "openrc", "sc", "net", "reg", "schtasks", "csrutil",
        "spctl",
        "nvram", "dscl", "scutil", "networksetup", "systemsetup", "pfctl", "kextload", "security",
    },
)  # fmt: skip
_LATER = frozenset(
    {
        "anacron",
        "at",
        "batch",
        "chkconfig",
        "crontab",
        "rc-update",
        "schtasks",
        "systemd-run",
        "update-rc.d",
        "launchd",
    },
)
_ACCOUNTS = re.compile(
    r"(?:add|del)(?:user|group)|(?:user|group)(?:add|del|mod)|ch?g?passwd|passwd|newusers|visudo|vipw|setcap|gpasswd"
)
_PRIVILEGE: dict[str, str] = {
    "chroot": "",
    "doas": "uC",
    "gosu": "",
    "capsh": "",
    "newgrp": "",
    "nsenter": "tSG",
    "pkexec": "",
    "run0": "u",
    "runuser": "uglc",
    "setpriv": "",
    "su-exec": "",
    "sudo": "ugCpRhTrtD",
    "unshare": "",
}
_PACKAGES = frozenset(
    {"apk", "apt", "apt-get", "aptitude", "brew", "dnf", "dpkg", "microdnf", "pacman", "rpm", "yum", "zypper"}
)
_REMOVES = re.compile(
    r"autoremove|purge|remove|uninstall|erase|del|dist-upgrade|full-upgrade|-R\w*|-e\w*|-P|-r|--purge|--remove"
    r"|--erase|cleanup"
)
_ATTACKS = (
    "aircrack-ng airmon-ng arpspoof bettercap beef-xss bloodhound cewl commix crackmapexec crunch dirb dirbuster"
    " dnsenum dnsrecon"
    " dsniff enum4linux ettercap evil-winrm ffuf gobuster hashcat hping3 hydra impacket-secretsdump john kerbrute"
    " linpeas.sh"
    " masscan medusa mimikatz msfconsole msfvenom ncrack netexec nikto nmap nuclei patator psexec.py reaver responder"
    " secretsdump.py slowhttptest slowloris sqlmap tcpdump thc-hydra tshark wfuzz wifite wpscan xsser zmap ab siege"
    " hey wrk"
    " lazagne mimipenguin xmrig ccminer cpuminer minerd t-rex pwncat rustscan sslscan ssh-keyscan theharvester maltego"
)


_NEEDS_NOTHING = frozenset({"lazagne", "mimikatz", "mimipenguin", "responder", "xmrig"})


def _system(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    shows = _SHOWS.get(name)
    quiet = {"--help", "-h", "--version"} & set(texts) if len(texts) == 1 else set()
    if quiet or (shows is not None and _only_shows(name, shows, texts)):
        return True
    part = clip(" ".join([name, *texts]))
    if name in _LATER:
        shell.findings.ask(why("elsewhere.persists", part=part), Risk.CRITICAL)
    else:
        risk = Risk.CRITICAL if _ACCOUNTS.fullmatch(name) else Risk.HIGH
        shell.findings.ask(why("elsewhere.system", part=part), risk)
    return True


def _only_shows(name: str, shows: str, texts: Sequence[str]) -> bool:
    if name in {"at", "visudo", "crontab", "update-alternatives", "auditctl", "chage"} and not any(
        t.startswith("-") for t in texts
    ):
        return False
    if name == "sysctl" and any("=" in text for text in texts):
        return False
    if name in {"crontab", "chage"}:
        return bool(re.fullmatch(shows, texts[0]))
    if name == "mount" and any("/" in text for text in texts):
        return False
    return all(re.fullmatch(shows, text) and not _CHANGED.fullmatch(text) for text in texts)


def _lists(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """`ip`, `service`: a verb among names."""
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    changes = (
        _CHANGED if name == "ip" else re.compile(r"start|stop|restart|reload|force-reload|enable|disable|try-restart")
    )
    if any(changes.fullmatch(text) for text in texts) and not (name == "ip" and {"show", "list", "ls"} & set(texts)):
        shell.findings.ask(why("elsewhere.system", part=part), Risk.HIGH, elsewhere=name == "service")
    elif name == "ip" and texts[:2] == ["netns", "exec"]:
        shell.run(words[4:], Input()) if len(words) > 4 else None  # noqa: PLR2004  # ip netns exec NAME COMMAND
    return True


def _privilege(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["--help"], ["-V"], ["-h"]):
        return True
    shell.findings.ask(why("elsewhere.privilege", part=clip(" ".join([name, *texts]))), Risk.HIGH)
    at, valued = 1, _PRIVILEGE[name]
    while at < len(words) and (words[at].text.startswith("-") or re.match(r"\w+=", words[at].text)):
        if words[at].text == "--":
            at += 1
            break
        bare = re.fullmatch(r"-[A-Za-z]*([A-Za-z])", words[at].text)
        at += 2 if bare and bare[1] in valued else 1
    tail = words[at + (name in {"chroot", "gosu", "su-exec"}) :]
    if tail:
        shell.run(tail, given)
    return True


def _su(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    shell.findings.ask(why("elsewhere.privilege", part=clip(" ".join([name, *texts]))), Risk.HIGH)
    coded = next((at for at, text in enumerate(texts) if re.fullmatch(r"-[a-z]*c|--command", text)), None)
    if coded is not None and coded + 1 < len(texts):
        shell.text(texts[coded + 1])
    elif given.given:
        shell.text(given.text)
    return True


def _packages(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """Installing cannot work in a sandbox and says so; removing from the system is asked."""
    texts = [word.text for word in words[1:]]
    verbs = [text for text in texts if not text.startswith("-")][:1] + [text for text in texts if text.startswith("-")]
    shows = name in {"dpkg", "rpm", "pacman"} and any(re.match(r"-[lLsSqQp]|--(?:list|query)", text) for text in texts)
    if not shows and any(_REMOVES.fullmatch(verb) for verb in verbs) and not (name == "brew" and verbs[0] == "cleanup"):
        shell.findings.ask(why("elsewhere.system", part=clip(" ".join([name, *texts]))), Risk.HIGH)
    return True


def _later(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """What runs later is judged as if it ran now, and asks besides."""
    _system(name, words, given, shell)
    texts = [word.text for word in words[1:]]
    if given.given and not {"-l", "-c", "-r"} & set(texts):
        for line in given.text.splitlines()[:50]:
            shell.probe(re.sub(r"^\s*(?:@\w+|(?:[\d*/,-]+\s+){5})", "", line))
    return True


def _attack(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if name == "ssh-keyscan" and not re.search(r"/\d", " ".join(texts)):
        return True
    at_home = any(re.search(r"localhost|127\.0\.0\.1|::1", text) for text in texts) or (
        name in {"tcpdump", "tshark"} and "-r" in texts
    )
    if not at_home and (plain_of(texts) or name in _NEEDS_NOTHING):
        shell.findings.ask(why("elsewhere.attack", part=clip(" ".join([name, *texts]))), Risk.HIGH, network=True)
    return True


def _keys(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """Key rings and shell histories: taking secrets out of one, wiping the other."""
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    if name == "history":
        if any(re.fullmatch(r"-[a-z]*[cdw]\w*", text) for text in texts):
            shell.findings.ask(why("elsewhere.traces", part=part), Risk.HIGH)
    elif any(re.match(r"--(?:export-secret|delete-secret|delete-key)", text) for text in texts):
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH)
    return name == "history"


def _wipes(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if any(re.fullmatch(r"(?i)cl|clear-log|delete\w*|thinlocalsnapshots|disable", text) for text in texts):
        shell.findings.ask(why("elsewhere.traces", part=clip(" ".join([name, *texts]))), Risk.CRITICAL)
    return True


def _owners(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """Owners and marks of files: whoever they belong to, the files are changed."""
    plain = [word for word in words[1:] if not word.text.startswith(("-", "+", "="))]
    for word in plain[name in {"chown", "chgrp"} :]:
        judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
    return True


def _carried(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Programs that run a text or words as another command: watch, script, man with a pager, busybox."""
    texts = [word.text for word in words[1:]]
    flags = {"script": {"-c", "--command"}, "man": {"-P", "--pager"}}.get(name, set())
    for flag, text in itertools.pairwise(texts):
        if flag in flags:
            shell.text(text)
    if name == "watch":
        at = next(
            (at for at, text in enumerate(texts) if not text.startswith("-") and texts[at - 1 : at] != ["-n"]),
            len(texts),
        )
        shell.text(" ".join(texts[at:]))
    elif name in {"busybox", "toybox"} and texts:
        shell.run(words[1:], given)
    return name != "script"


def _nothing(_: str, __: Sequence[Word], ___: Input, ____: Judging) -> bool:
    return True


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(_SYSTEM, _system),
    **dict.fromkeys(_LATER, _later),
    **dict.fromkeys(_PRIVILEGE, _privilege),
    **dict.fromkeys(("su", "runuser"), _su),
    **dict.fromkeys(("ip", "service"), _lists),
    **dict.fromkeys(_PACKAGES, _packages),
    **dict.fromkeys(_ATTACKS.split(), _attack),
    **dict.fromkeys(("gpg", "gpg2", "history"), _keys),
    **dict.fromkeys(("tmutil", "vssadmin", "wevtutil", "wbadmin"), _wipes),
    **dict.fromkeys(("chattr", "chgrp", "chown", "setfacl"), _owners),
    **dict.fromkeys(("busybox", "man", "script", "toybox", "watch"), _carried),
    **dict.fromkeys(
        ("atq", "getcap", "getenforce", "lsmod", "modinfo", "sestatus", "blkid", "findmnt", "aa-status"), _nothing
    ),
}
"""The rule for each of these programs."""
