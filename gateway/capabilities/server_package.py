"""The package of an MCP server: its definition and the listing approved with it; how two of them differ."""

import json

from agents.mcp.changed import definition_sentences, sentences, whole, whole_definition
from agents.mcp.definition import ServerDefinition, as_stored, written
from agents.mcp.listing import ToolListing, listing_from
from agents.mcp.reading import definition_of
from governance.packages.package import FILE_MODE, Package, PackageFile
from governance.record.audit import canonical
from governance.values.reasons import Why

DEFINITION, LISTING = "server.json", "listing.json"


def packed(server: ServerDefinition, listing: ToolListing) -> Package:
    """The package in which both are kept."""
    texts = {DEFINITION: written(server), LISTING: canonical(listing.to_stored())}
    files = (PackageFile(path=path, mode=FILE_MODE, content=text.encode()) for path, text in sorted(texts.items()))
    return Package(files=tuple(files))


def unpacked(package: Package) -> tuple[ServerDefinition, ToolListing]:
    """The definition and the listing of a package that `packed` made."""
    stored = {file.path: json.loads(file.content) for file in package.files}
    given = dict(stored[DEFINITION])
    return definition_of(str(given.pop("name")), given), listing_from(stored[LISTING])


def server_sentences(old: Package, new: Package) -> tuple[Why, ...]:
    """What differs between two packages of a server, tool by tool and field by field."""
    (was, listed), (now, lists) = unpacked(old), unpacked(new)
    return (*sentences(listed, lists), *definition_sentences(_said(was), _said(now)))


def server_difference(old: Package, new: Package) -> str:
    """The same whole, for whoever has to see everything before they agree."""
    (was, listed), (now, lists) = unpacked(old), unpacked(new)
    return "\n".join(filter(None, (whole(listed, lists), whole_definition(_said(was), _said(now)))))


def _said(server: ServerDefinition) -> dict[str, object]:
    """Its definition without the digest of the listing, which says nothing to people."""
    return {key: value for key, value in as_stored(server).items() if key != "approved"}
