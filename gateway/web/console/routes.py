"""Every route of the console, for whoever builds the server."""

from gateway.web.console import account as pages_account
from gateway.web.console import add_channel as pages_add_channel
from gateway.web.console import agents as pages_agents
from gateway.web.console import approvals as pages_approvals
from gateway.web.console import audit as pages_record
from gateway.web.console import capabilities as pages_capabilities
from gateway.web.console import changes as pages_changes
from gateway.web.console import channels as pages_channels
from gateway.web.console import chat, files, pages
from gateway.web.console import chat_page as pages_chat
from gateway.web.console import hosts as pages_hosts
from gateway.web.console import memory as pages_memory
from gateway.web.console import people as pages_people
from gateway.web.console import secret_link as pages_secret_link
from gateway.web.console import secrets as pages_secrets
from gateway.web.console import server_sign_in as pages_server_sign_in
from gateway.web.http.route import Route

ROUTES: tuple[Route, ...] = (
    *pages.ROUTES,
    *pages_chat.ROUTES,
    *chat.ROUTES,
    *files.ROUTES,
    *pages_approvals.ROUTES,
    *pages_changes.ROUTES,
    *pages_people.ROUTES,
    *pages_agents.ROUTES,
    *pages_capabilities.ROUTES,
    *pages_channels.ROUTES,
    *pages_add_channel.ROUTES,
    *pages_hosts.ROUTES,
    *pages_memory.ROUTES,
    *pages_secrets.ROUTES,
    *pages_secret_link.ROUTES,
    *pages_record.ROUTES,
    *pages_account.ROUTES,
    *pages_server_sign_in.ROUTES,
)
