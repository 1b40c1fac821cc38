"""Makes a catalogue of one's own: reads what lies in a folder, packs it, and signs the list of it."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.skills.skill import SkillUnread, read_skill
from gateway.capabilities.catalogue import FORM, INDEX, SIGNATURE, signed_text
from gateway.capabilities.sources import SINGLE, unwrapped
from gateway.capabilities.wrong import SourceWrong
from governance.packages.archive import read_archive
from governance.packages.folder import read_folder
from governance.packages.package import Package, package_of
from governance.packages.packing import pack
from governance.values.capability_kinds import CapabilityKind
from governance.values.safe_files import safe_replace

PACKED = "packed"
_LISTED = (CapabilityKind.AGENT, CapabilityKind.MCP, CapabilityKind.PLUGIN, CapabilityKind.SKILL)


def new_key() -> tuple[bytes, str]:
    """A private key as PEM, and its public key in base64, which goes into the settings of whoever trusts it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, public_of(key)


def public_of(key: Ed25519PrivateKey) -> str:
    """Its public key in base64."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def key_of(pem: bytes, path: Path) -> Ed25519PrivateKey:
    """The private key of a file. Raises SourceWrong."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as problem:
        raise SourceWrong("no_key", path=str(path)) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise SourceWrong("no_key", path=str(path))
    return key


def sign(folder: Path, key: Ed25519PrivateKey, *, publisher: str, now: datetime, days: int) -> Mapping[str, Any]:
    """Write the list of everything below `skill/`, `agent/`, `mcp/` and `plugin/`, and its signature.

    Raises SourceWrong or PackageRefused for what cannot be listed; then nothing was written.
    """
    found = [(kind, name, package) for kind in _LISTED for name, package in _below(folder / kind.value, kind)]
    entries = []
    for kind, name, package in found:
        told = _told(kind, name, package)
        source = f"{PACKED}/{kind.value}-{name}-{package.digest[:12]}.zip"
        safe_replace(folder, source, pack(package))
        entries.append({"kind": kind.value, "name": name, "publisher": publisher, "source": source, **told})
    if not entries:
        raise SourceWrong("nothing_to_sign", path=str(folder))
    index = {
        "nexora_catalogue": FORM,
        "serial": _serial(folder) + 1,
        "expires": (now + timedelta(days=days)).isoformat(timespec="seconds"),
        "entries": entries,
    }
    safe_replace(folder, INDEX, (json.dumps(index, ensure_ascii=False, indent=2) + "\n").encode())
    safe_replace(folder, SIGNATURE, base64.b64encode(key.sign(signed_text(index))) + b"\n")
    return index


def _below(folder: Path, kind: CapabilityKind) -> Iterator[tuple[str, Package]]:
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if place.is_dir():
            yield place.name, read_folder(place)
        elif kind in SINGLE and place.name.endswith(SINGLE[kind][1]):
            yield place.stem, package_of({SINGLE[kind][0] or place.name: (0o644, place.read_bytes())})
        elif place.suffix == ".zip":
            yield place.stem, unwrapped(read_archive(place.read_bytes()))[0]


def _told(kind: CapabilityKind, name: str, package: Package) -> dict[str, Any]:
    """What a package says of itself: version and description by language, and its digest."""
    files = {file.path: file.content for file in package.files}
    version, descriptions = "", {}
    if kind is CapabilityKind.SKILL:
        try:
            skill = read_skill(files, folder=name)
        except SkillUnread as problem:
            raise SourceWrong("not_signed", name=name, because=str(problem)) from problem
        version, descriptions = skill.version, dict(skill.descriptions)
    else:
        text = next(
            (files[path] for path in files if "/" not in path and path.endswith((".yaml", ".yml", ".json"))), b""
        )
        try:
            given = yaml.safe_load(text)
        except yaml.YAMLError as problem:
            raise SourceWrong("not_signed", name=name, because=str(problem)) from problem
        if isinstance(given, dict):
            version = str(given.get("version", ""))
            told = given.get("description", "")
            descriptions = dict(told) if isinstance(told, dict) else {"en": str(told)} if told else {}
    return {"version": version, "description": descriptions, "digest": package.digest}


def _serial(folder: Path) -> int:
    try:
        return int(json.loads((folder / INDEX).read_text(encoding="utf-8"))["serial"])
    except FileNotFoundError:
        return 0
    except (KeyError, TypeError, ValueError) as problem:
        raise SourceWrong("catalogue_form", name=str(folder / INDEX)) from problem
