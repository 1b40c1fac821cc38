"""The JSON API as a whole: its operations, its document, its routes."""

from gateway import __version__
from gateway.web.api import accounts as api_accounts
from gateway.web.api import approvals as api_approvals
from gateway.web.api import audit as api_record
from gateway.web.api import capabilities as api_capabilities
from gateway.web.api import grants as api_grants
from gateway.web.api import memory as api_memory
from gateway.web.api import people as api_people
from gateway.web.api import secrets as api_secrets
from gateway.web.api.openapi import JsonApi
from gateway.web.http.route import Route

API = JsonApi(
    "Nexora",
    __version__,
    (
        *api_people.OPERATIONS,
        *api_accounts.OPERATIONS,
        *api_grants.OPERATIONS,
        *api_memory.OPERATIONS,
        *api_approvals.OPERATIONS,
        *api_capabilities.OPERATIONS,
        *api_record.OPERATIONS,
        *api_secrets.OPERATIONS,
    ),
)
ROUTES: tuple[Route, ...] = API.routes()
