"""The tables of tenancy; each subject has a file of its own, and migrations know its functions by the names here."""

from tenants.models.api import ApiKey, IdempotentAnswer, RareUse, RefreshToken, Throttle, TokenFamily
from tenants.models.clinics import Clinic, default_opening_hours, validate_opening_hours, validate_timezone
from tenants.models.people import Invitation, Membership, User, UserManager
from tenants.models.trail import AuditAnchor, AuditCheckpoint, AuditDetail, AuditEvent, RefusedCount

__all__ = [
    "ApiKey",
    "AuditAnchor",
    "AuditCheckpoint",
    "AuditDetail",
    "AuditEvent",
    "Clinic",
    "IdempotentAnswer",
    "Invitation",
    "Membership",
    "RareUse",
    "RefreshToken",
    "RefusedCount",
    "Throttle",
    "TokenFamily",
    "User",
    "UserManager",
    "default_opening_hours",
    "validate_opening_hours",
    "validate_timezone",
]
