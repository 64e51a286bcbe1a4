"""Who may do what: the permissions, and which role has which. Pure data; the gates of pages and API ask it.

What is not granted here is refused. `docs/access.md` has the same in words.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from tenants.domain import Role


class Permission(enum.StrEnum):
    SEE_WORK = "see_work"  # worklist, calls, appointments: unnamed callers
    WORK_CALLERS = "work_callers"  # called back, dismissed, undo, taken on
    SHOW_NUMBERS = "show_numbers"  # asks the clinic's own phone system for a caller's number
    SEE_FIGURES = "see_figures"  # dashboard, metrics, reports, the group of clinics
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"  # details, hours, rules, values
    SEE_CONNECTIONS = "see_connections"
    MANAGE_CONNECTIONS = "manage_connections"
    SEE_PEOPLE = "see_people"
    MANAGE_PEOPLE = "manage_people"
    SEE_KEYS = "see_keys"
    MANAGE_KEYS = "manage_keys"
    SEE_SECURITY = "see_security"
    MANAGE_SECURITY = "manage_security"  # length of passwords, two factors, support
    SEE_AUDIT = "see_audit"
    SEND_CALLS = "send_calls"  # the API's writes, for people
    SEND_APPOINTMENTS = "send_appointments"
    LOOK_UP_CALLER = "look_up_caller"


P = Permission
_DESK = frozenset({P.SEE_WORK, P.WORK_CALLERS, P.SHOW_NUMBERS})
_READING = frozenset(
    {
        P.SEE_WORK,
        P.SEE_FIGURES,
        P.SEE_SETTINGS,
        P.SEE_CONNECTIONS,
        P.SEE_PEOPLE,
        P.SEE_KEYS,
        P.SEE_SECURITY,
        P.SEE_AUDIT,
    }
)
# Everything but people, keys and privacy; who was where (the audit trail) is about people.
_MANAGING = _DESK | {
    P.SEE_FIGURES, P.SEE_SETTINGS, P.CHANGE_SETTINGS, P.SEE_CONNECTIONS, P.MANAGE_CONNECTIONS,
    P.SEND_CALLS, P.SEND_APPOINTMENTS, P.LOOK_UP_CALLER,
}  # fmt: skip

ROLE_MAY: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Permission),
        Role.MANAGER: _MANAGING,
        Role.RECEPTIONIST: _DESK,
        Role.AUDITOR: _READING,
        Role.SUPPORT: frozenset({P.SEE_WORK, P.SEE_FIGURES, P.SEE_SETTINGS, P.SEE_CONNECTIONS}),
    }
)
# Whoever has one of these must have a second factor, whatever the clinic asks of the others.
NEEDS_TWO_FACTORS = frozenset({Role.ADMIN, Role.SUPPORT})
# Given by an admin of the clinic. Support is not: it comes by a grant and ends by the clock.
GRANTABLE = (Role.ADMIN, Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR)
ROLE_WORDS: Mapping[Role, str] = MappingProxyType(
    {
        Role.ADMIN: "Everything, people, keys and privacy included. Needs two factors.",
        Role.MANAGER: "Everything but people, keys and privacy.",
        Role.RECEPTIONIST: "The worklist, calls and appointments.",
        Role.AUDITOR: "Reads everything, the audit trail included, and changes nothing.",
        Role.SUPPORT: "Ringback’s own staff, for an hour at most: reads and changes nothing.",
    }
)


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in ROLE_MAY[role]
