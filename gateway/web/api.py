"""The JSON API as a whole: its operations, its document, its routes."""

from gateway import __version__
from gateway.web import api_accounts, api_approvals, api_grants, api_people, api_record
from gateway.web.openapi import Api
from gateway.web.server import Route

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
