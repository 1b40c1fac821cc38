"""Every route of the console, for whoever builds the server."""

from gateway.web import (
    chat,
    files,
    pages,
    pages_account,
    pages_agents,
    pages_approvals,
    pages_changes,
    pages_channels,
    pages_chat,
    pages_hosts,
    pages_people,
    pages_record,
)
from gateway.web.server import Route

ROUTES: tuple[Route, ...] = (
    *pages.ROUTES,
    *pages_chat.ROUTES,
    *chat.ROUTES,
    *files.ROUTES,
    *pages_approvals.ROUTES,
    *pages_changes.ROUTES,
    *pages_people.ROUTES,
    *pages_agents.ROUTES,
    *pages_channels.ROUTES,
    *pages_hosts.ROUTES,
    *pages_record.ROUTES,
    *pages_account.ROUTES,
)
