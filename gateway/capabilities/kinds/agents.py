"""An agent as a capability: one file, which says what it is told, with which model, and which tools it has."""

from agents.specs import SUFFIXES, SpecInvalid, spec_of
from gateway.capabilities.desk import CapabilityWrong, ReadCapability
from gateway.capabilities.sources import Taken
from governance.capabilities.manifest import CapabilityManifest, Permissions
from governance.packages.package import FILE_MODE, Package, PackageFile
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import why


async def read(taken: Taken) -> ReadCapability:
    """The agent of a package of one file. Raises CapabilityWrong and SpecInvalid."""
    files = [file for file in taken.package.files if file.path.endswith(SUFFIXES) and "/" not in file.path]
    if len(files) != 1:
        raise CapabilityWrong(why("capability.agent_files", number=str(len(files))))
    content = files[0].content
    spec, problems = spec_of(files[0].path, content)
    if spec is None:
        raise SpecInvalid(tuple(problems))
    package = Package(files=(PackageFile(path=f"{spec.name}.yaml", mode=FILE_MODE, content=content),))
    manifest = CapabilityManifest(
        kind=CapabilityKind.AGENT,
        name=spec.name,
        description=spec.described("en"),
        version=taken.version,
        publisher=taken.publisher,
        source=taken.source,
        pinned=taken.pinned,
        signed_by=taken.signed_by,
        permissions=Permissions(
            network=(*map(str, spec.egress.hosts), *(f"{one.name}:{one.port}" for one in spec.egress.servers)),
            secrets=tuple(secret.name for secret in spec.egress.secrets),
        ),
    )
    return ReadCapability(manifest=manifest, package=package)
