"""Installed skills as the shelf of skills takes them: each as it was approved, for those whom the rules let use it."""

from collections.abc import Sequence

from agents.skills.shelf import ShelvedSkill
from agents.skills.skill import SkillUnread, read_skill
from gateway.capabilities.in_force import CapabilityStanding, InForce
from gateway.capabilities.shelf import PackageShelf
from governance.approvals.decide import Approvals
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.installed import Capability, named
from governance.capabilities.rules import User
from governance.people.people import Person
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import why


class InstalledSkills:
    """The skills that were approved; they are read once after each change."""

    def __init__(
        self, in_force: InForce, shelf: PackageShelf, capabilities: Capabilities, approvals: Approvals
    ) -> None:
        self._in_force = in_force
        self._shelf = shelf
        self._capabilities = capabilities
        self._approvals = approvals
        self._read: tuple[CapabilityStanding, tuple[ShelvedSkill, ...]] | None = None

    async def skills_for(self, agent: str, person: Person) -> Sequence[ShelvedSkill]:
        """Those that this agent may use for this person."""
        standing = await self._in_force.now()
        if self._read is None or self._read[0] is not standing:
            found = [await self._shelved(each) for each in standing.active(CapabilityKind.SKILL)]
            self._read = (standing, tuple(each for each in found if each is not None))
        user, kind = User(person=person, agent=agent), CapabilityKind.SKILL.value
        return [each for each in self._read[1] if standing.lack(kind, each.name, user) is None]

    async def _shelved(self, found: Capability) -> ShelvedSkill | None:
        package, folder = await self._shelf.package(found.digest), await self._shelf.place(found.digest)
        if package is None or folder is None:
            return None
        try:
            skill = read_skill({file.path: file.content for file in package.files}, digest=found.digest)
        except SkillUnread:  # it could be read when it was approved, by an older version
            return None
        return ShelvedSkill(skill=skill, folder=folder, digest=found.digest)

    async def spoiled(self, shelved: ShelvedSkill) -> None:
        """Use it no more until somebody has looked, and put the approved files back for then."""
        found = named((await self._in_force.now()).capabilities, CapabilityKind.SKILL, shelved.name)
        if found is None or found.digest != shelved.digest:
            return
        await self._capabilities.hold(self._approvals, found, why("capability.changed_on_disk"), None)
        await self._shelf.drop(shelved.digest)
