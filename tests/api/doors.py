"""The doors of the API as the tests know them: who may open which."""

from tenants.api_schema import DocsView, NothingHereView, SchemaView
from tenants.domain import Role, Scope
from tests.api.client import a_uuid

DOORS: dict[tuple[str, str], Scope] = {
    ("GET", "/calls/"): Scope.READ,
    ("POST", "/calls/"): Scope.CALLS_WRITE,
    ("POST", "/callers/lookup/"): Scope.READ,
    ("GET", "/appointments/"): Scope.READ,
    ("POST", "/appointments/"): Scope.APPOINTMENTS_WRITE,
    ("PATCH", "/appointments/booking-0/"): Scope.APPOINTMENTS_WRITE,
    ("GET", "/opportunities/"): Scope.READ,
    ("POST", "/opportunities/{id}/actions/"): Scope.CALLS_WRITE,
    ("GET", "/metrics/daily/"): Scope.READ,
    ("GET", "/metrics/monthly/"): Scope.READ,
    ("GET", "/metrics/hourly/"): Scope.READ,
}
# Who gets in by role. Spelt out: a change of `tenants/permissions.py` is seen here.
EVERYBODY = frozenset(Role)
DESK = frozenset({Role.ADMIN, Role.MANAGER, Role.RECEPTIONIST})
MANAGERS = frozenset({Role.ADMIN, Role.MANAGER})
FIGURES = frozenset({Role.ADMIN, Role.MANAGER, Role.AUDITOR, Role.SUPPORT})
ROLES: dict[tuple[str, str], frozenset[Role]] = {
    ("GET", "/calls/"): EVERYBODY,
    ("POST", "/calls/"): MANAGERS,
    ("POST", "/callers/lookup/"): MANAGERS,
    ("GET", "/appointments/"): EVERYBODY,
    ("POST", "/appointments/"): MANAGERS,
    ("PATCH", "/appointments/booking-0/"): MANAGERS,
    ("GET", "/opportunities/"): EVERYBODY,
    ("POST", "/opportunities/{id}/actions/"): DESK,
    ("GET", "/metrics/daily/"): FIGURES,
    ("GET", "/metrics/monthly/"): FIGURES,
    ("GET", "/metrics/hourly/"): FIGURES,
}
# For somebody who has no key and no token yet.
OPEN_DOORS = frozenset({("POST", "/token/"), ("POST", "/token/refresh/"), ("POST", "/token/revoke/")})
# What is the same for everybody, and what is nothing.
PUBLIC_VIEWS = frozenset({SchemaView, DocsView, NothingHereView})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PATHS = sorted({path for _, path in DOORS})
LISTS = ("/calls/", "/appointments/", "/opportunities/")
WRITES = [door for door in DOORS if door[0] != "GET"]
FIELDS_OF_OURS = ("clinic", "clinic_id", "caller", "id", "role", "created", "source", "verdict", "caller_hash", "kind")


def here(path: str) -> str:
    return path.format(id=a_uuid())
