"""A skill as a capability: what its `SKILL.md` says of it, and whether it brings code."""

from agents.skills.skill import read_skill
from gateway.capabilities.desk import ReadCapability
from gateway.capabilities.sources import Taken
from governance.capabilities.manifest import CapabilityManifest, Permissions, RunsIn
from governance.packages.package import PROGRAM_MODE, Package
from governance.values.capability_kinds import CapabilityKind

_CODE = (".bash", ".js", ".lua", ".mjs", ".php", ".pl", ".ps1", ".py", ".rb", ".sh", ".ts", ".zsh")


async def read(taken: Taken) -> ReadCapability:
    """The skill of a package. Raises SkillUnread."""
    package = taken.package
    skill = read_skill({file.path: file.content for file in package.files})
    permissions = Permissions(
        runs_in=RunsIn.SANDBOX if brings_code(package) else RunsIn.NOWHERE,
        network=skill.hosts,
        secrets=skill.secrets,
    )
    manifest = CapabilityManifest(
        kind=CapabilityKind.SKILL,
        name=skill.name,
        description=skill.described(),
        version=skill.version or taken.version,
        publisher=taken.publisher,
        source=taken.source,
        pinned=taken.pinned,
        signed_by=taken.signed_by,
        permissions=permissions,
    )
    return ReadCapability(manifest=manifest, package=package)


def brings_code(package: Package) -> bool:
    """Whether something in it can be run."""
    return any(
        file.mode == PROGRAM_MODE or file.path.lower().endswith(_CODE) or file.content.startswith(b"#!")
        for file in package.files
    )
