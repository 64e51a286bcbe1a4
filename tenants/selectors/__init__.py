"""Everything that tenancy reads, as frozen facts, under the names that doors use; each subject has its own file."""

from tenants.selectors.checkpoints import is_checkpoint_late, last_checkpoint, list_checkpoints, list_trail_ids
from tenants.selectors.clinics import UnknownClinic, get_clinic, get_clinic_by_slug, list_clinics
from tenants.selectors.keys import ApiKeyFacts, KeyFacts, KeyState, UnknownKey, find_api_key, find_key, list_keys
from tenants.selectors.memberships import MembershipFacts, list_memberships
from tenants.selectors.people import (
    HeldInvitation,
    InvitationFacts,
    InvitationState,
    MemberFacts,
    UnknownMember,
    find_invitation,
    find_member,
    has_company,
    hash_token,
    list_active_members,
    list_invitations,
    list_members,
)
from tenants.selectors.platform import list_platform_events
from tenants.selectors.security import SUPPORT_DAYS, list_support_events, list_without_second_factor
from tenants.selectors.sign_in import (
    find_person,
    find_sign_in,
    has_second_factor,
    list_sessions,
    longest_password_rule,
)
from tenants.selectors.trail import EventFilter, EventRow, list_events, list_people, position_after, read_witness

__all__ = [
    "ApiKeyFacts", "EventFilter", "EventRow", "HeldInvitation", "InvitationFacts", "InvitationState", "KeyFacts",
    "KeyState", "MemberFacts", "MembershipFacts", "SUPPORT_DAYS", "UnknownClinic", "UnknownKey", "UnknownMember",
    "find_api_key", "find_invitation", "find_key", "find_member", "find_person", "find_sign_in", "get_clinic",
    "get_clinic_by_slug", "has_company", "has_second_factor", "hash_token", "is_checkpoint_late", "last_checkpoint",
    "list_active_members", "list_checkpoints", "list_clinics", "list_events", "list_invitations", "list_keys",
    "list_members", "list_memberships", "list_people", "list_platform_events", "list_sessions",
    "list_support_events", "list_trail_ids", "list_without_second_factor", "longest_password_rule",
    "position_after", "read_witness",
]  # fmt: skip
