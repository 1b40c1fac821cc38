"""The JSON API as a whole: its operations, its document, its routes."""

from gateway import __version__
from gateway.web.api import accounts as api_accounts
from gateway.web.api import approvals as api_approvals
from gateway.web.api import grants as api_grants
from gateway.web.api import people as api_people
from gateway.web.api import record as api_record
from gateway.web.api.openapi import Api
from gateway.web.http.server import Route

API = Api(
    "Nexora",
    __version__,
    (
        *api_people.OPERATIONS,
        *api_accounts.OPERATIONS,
        *api_grants.OPERATIONS,
        *api_approvals.OPERATIONS,
        *api_record.OPERATIONS,
    ),
)
ROUTES: tuple[Route, ...] = API.routes()
