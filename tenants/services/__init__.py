"""Everything that tenancy writes, under the names that doors use; each subject has a file of its own."""

from tenants.selectors import UnknownMember
from tenants.services.clinics import ClinicDetails, NewClinic, create_clinic
from tenants.services.guide import end_guide, settle_step, show_guide
from tenants.services.invitations import (
    TooManyInvitations,
    UnknownInvitation,
    invite_member,
    send_fresh_link,
    send_invitation_again,
    withdraw_invitation,
)
from tenants.services.joining import BadPassword, Joined, MustSignIn, join_clinic, register_and_join
from tenants.services.keys import (
    API_KEY_MARK,
    AlreadyMade,
    create_api_key,
    hash_secret,
    make_api_key,
    note_key_use,
    revoke_api_key,
)
from tenants.services.passwords import save_password
from tenants.services.people import (
    LastAdmin,
    add_member,
    add_platform_staff,
    change_role,
    remove_member,
    set_password,
)
from tenants.services.platform import PersonDetails, add_person, change_person, rename_clinic
from tenants.services.security import SecuritySettings, change_security
from tenants.services.sessions import (
    UnknownSession,
    end_other_sessions,
    end_session,
    end_sign_ins,
    note_ended_session,
    see_session,
)
from tenants.services.settings import (
    ClinicSettings,
    SettingsConflict,
    change_details,
    change_hours,
    seen_details,
    seen_hours,
)
from tenants.services.sign_ins import record_failed_sign_in, record_for_person
from tenants.services.support import SupportRefused, end_support, end_support_of, forget_ended_support, open_support
from tenants.services.token_sign_ins import AuthenticatorAppNeeded, CodeNeeded, SignInRefused, sign_in
from tenants.services.tokens import TokenPair, TokenRefused, forget_expired_tokens, refresh_tokens, revoke_tokens
from tenants.services.trail import NoCheckpoint, Proof, record_export, take_proof
from tenants.services.validation import BadInput

__all__ = [
    "API_KEY_MARK", "AlreadyMade", "AuthenticatorAppNeeded", "BadInput", "BadPassword", "ClinicDetails",
    "ClinicSettings", "CodeNeeded", "Joined", "LastAdmin", "MustSignIn", "NewClinic", "NoCheckpoint",
    "PersonDetails", "Proof", "SecuritySettings", "SettingsConflict", "SignInRefused", "SupportRefused",
    "TokenPair", "TokenRefused", "TooManyInvitations", "UnknownInvitation", "UnknownMember", "UnknownSession",
    "add_member", "add_person", "add_platform_staff", "change_details", "change_hours", "change_person",
    "change_role", "change_security", "create_api_key", "create_clinic", "end_guide", "end_other_sessions",
    "end_session", "end_sign_ins", "end_support", "end_support_of", "forget_ended_support", "forget_expired_tokens",
    "hash_secret", "invite_member", "join_clinic", "make_api_key", "note_ended_session", "note_key_use",
    "open_support", "record_export", "record_failed_sign_in", "record_for_person", "refresh_tokens",
    "register_and_join", "remove_member", "rename_clinic", "revoke_api_key", "revoke_tokens", "save_password",
    "see_session", "seen_details", "seen_hours", "send_fresh_link", "send_invitation_again", "set_password",
    "settle_step", "show_guide", "sign_in", "take_proof", "withdraw_invitation",
]  # fmt: skip
