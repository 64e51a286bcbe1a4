"""The catalogue of what the audit trail records, in words that people read. Pure data.

An event's name is part of the chain and never changes its meaning.
"""

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class ActorKind(enum.StrEnum):
    PERSON = "person"
    KEY = "key"  # an API key
    STAFF = "staff"  # somebody of the platform
    SYSTEM = "system"  # the product itself: a purge, a command at the console
    NOBODY = "nobody"  # somebody who is not signed in


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `address` is the prefix of a network address, never a whole one."""

    kind: ActorKind
    id: uuid.UUID | None = None
    address: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)


class Topic(enum.StrEnum):
    SIGN_IN = "Sign-in"
    PEOPLE = "People"
    KEYS = "Keys"
    SETTINGS = "Settings"
    CONNECTIONS = "Connections"
    CALLERS = "Callers"
    EXPORTS = "Exports and imports"
    SUPPORT = "Support"
    RETENTION = "Retention"
    REFUSALS = "Refusals"
    PLATFORM = "Platform"


class Event(enum.StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SECOND_FACTOR_ASKED = "second_factor_asked"
    SIGNED_OUT = "signed_out"
    REAUTHENTICATED = "reauthenticated"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name
    PASSWORD_LINK_SENT = "password_link_sent"  # noqa: S105 - a name
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODES_SEEN = "recovery_codes_seen"
    RECOVERY_CODE_USED = "recovery_code_used"
    TOKENS_ISSUED = "tokens_issued"
    TOKENS_REFUSED = "tokens_refused"
    TOKENS_REUSED = "tokens_reused"
    TOKENS_ENDED = "tokens_ended"
    MEMBER_ADDED = "member_added"
    MEMBER_INVITED = "member_invited"
    INVITATION_SENT_AGAIN = "invitation_sent_again"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    INVITATION_ACCEPTED = "invitation_accepted"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"
    API_KEY_MADE = "api_key_made"
    API_KEY_REVOKED = "api_key_revoked"
    CLINIC_MADE = "clinic_made"
    CLINIC_CHANGED = "clinic_changed"
    HOURS_CHANGED = "hours_changed"
    GUIDE_STEP_SETTLED = "guide_step_settled"
    GUIDE_ENDED = "guide_ended"
    GUIDE_SHOWN = "guide_shown"
    RULES_CHANGED = "rules_changed"
    VALUE_SET = "value_set"
    VALUE_REMOVED = "value_removed"
    GOALS_CHANGED = "goals_changed"
    SECURITY_CHANGED = "security_changed"
    CONNECTION_ADDED = "connection_added"
    CONNECTION_PAUSED = "connection_paused"
    CONNECTION_RESUMED = "connection_resumed"
    CONNECTION_SECRET_ROTATED = "connection_secret_rotated"  # noqa: S105 - a name
    CONNECTION_REMOVED = "connection_removed"
    ACCOUNT_SET = "account_set"
    ACCOUNT_REMOVED = "account_removed"
    CALLS_FETCHED = "calls_fetched"
    BOOKING_SYSTEM_ADDED = "booking_system_added"
    BOOKING_SYSTEM_CHANGED = "booking_system_changed"
    BOOKING_SYSTEM_PAUSED = "booking_system_paused"
    BOOKING_SYSTEM_RESUMED = "booking_system_resumed"
    BOOKING_SYSTEM_REMOVED = "booking_system_removed"
    OUTGOING_ADDED = "outgoing_added"
    OUTGOING_CHANGED = "outgoing_changed"
    OUTGOING_PAUSED = "outgoing_paused"
    OUTGOING_RESUMED = "outgoing_resumed"
    OUTGOING_SECRET_ROTATED = "outgoing_secret_rotated"  # noqa: S105 - a name
    OUTGOING_REMOVED = "outgoing_removed"
    OUTGOING_TESTED = "outgoing_tested"
    OUTGOING_SENT_AGAIN = "outgoing_sent_again"
    OUTGOING_SWITCHED_OFF = "outgoing_switched_off"
    DIGESTS_CHOSEN = "digests_chosen"
    MAPPING_SAVED = "mapping_saved"
    MAPPING_REMOVED = "mapping_removed"
    IMPORT_STOPPED = "import_stopped"
    CALLER_CALLED_BACK = "caller_called_back"
    CALLER_DISMISSED = "caller_dismissed"
    CALLER_ACTION_UNDONE = "caller_action_undone"
    CALLER_LOOKED_UP = "caller_looked_up"
    NUMBER_SHOWN = "number_shown"
    APPOINTMENT_CHANGED = "appointment_changed"
    CALLS_IMPORTED = "calls_imported"
    APPOINTMENTS_IMPORTED = "appointments_imported"
    METRICS_REBUILT = "metrics_rebuilt"
    AUDIT_EXPORTED = "audit_exported"
    AUDIT_PROOF_TAKEN = "audit_proof_taken"
    AUDIT_DETAILS_FORGOTTEN = "audit_details_forgotten"
    SUPPORT_OPENED = "support_opened"
    SUPPORT_REFUSED = "support_refused"
    SUPPORT_ENDED = "support_ended"
    PURGED = "purged"
    KEY_DESTROYED = "key_destroyed"
    ACCESS_REFUSED = "access_refused"
    PERSON_ADDED = "person_added"
    PERSON_CHANGED = "person_changed"
    STAFF_ADDED = "staff_added"
    WORK_RETRIED = "work_retried"
    WORK_GIVEN_UP = "work_given_up"


def _topic(topic: Topic, **words: str) -> dict[Event, tuple[Topic, str]]:
    return {Event(name): (topic, text) for name, text in words.items()}


# What each event is called, "somebody …".
CATALOGUE: Mapping[Event, tuple[Topic, str]] = MappingProxyType(
    {
        **_topic(
            Topic.SIGN_IN,
            signed_in="signed in",
            sign_in_failed="failed to sign in",
            second_factor_asked="gave the right password and was asked for the second factor",
            signed_out="signed out",
            reauthenticated="confirmed who they are",
            session_ended="ended a session",
            password_changed="changed their password",  # noqa: S106 - words
            password_reset="set a new password by a link",  # noqa: S106 - words
            password_link_sent="was sent a link for a new password",  # noqa: S106 - words
            totp_added="added an authenticator app",
            totp_removed="removed an authenticator app",
            passkey_added="added a passkey",
            passkey_removed="removed a passkey",
            recovery_codes_made="made new recovery codes",
            recovery_codes_seen="looked at their recovery codes",
            recovery_code_used="used a recovery code",
            tokens_issued="signed in to the API",
            tokens_refused="failed to sign in to the API",
            tokens_reused="used an API token twice: all tokens of that sign-in were ended",
            tokens_ended="ended their sign-in to the API",
        ),
        **_topic(
            Topic.PEOPLE,
            member_added="added a member",
            member_invited="invited somebody",
            invitation_sent_again="sent an invitation again",
            invitation_withdrawn="withdrew an invitation",
            invitation_accepted="accepted an invitation",
            role_changed="changed a member’s role",
            member_removed="removed a member",
        ),
        **_topic(Topic.KEYS, api_key_made="made an API key", api_key_revoked="revoked an API key"),
        **_topic(
            Topic.SETTINGS,
            clinic_made="made the clinic",
            clinic_changed="changed the clinic’s details",
            hours_changed="changed the opening hours",
            guide_step_settled="settled a step of getting started",
            guide_ended="put the checklist of getting started away",
            guide_shown="had the checklist of getting started shown again",
            rules_changed="changed the rules",
            value_set="set what a type of appointment is worth",
            value_removed="removed what a type of appointment is worth",
            goals_changed="changed the goals",
            security_changed="changed the security settings",
        ),
        **_topic(
            Topic.CONNECTIONS,
            connection_added="added a connection",
            connection_paused="paused a connection",
            connection_resumed="resumed a connection",
            connection_secret_rotated="changed a connection’s secret",  # noqa: S106 - words
            connection_removed="removed a connection",
            account_set="set how a phone system is asked",
            account_removed="took away how a phone system is asked",
            calls_fetched="fetched calls from a phone system",
            booking_system_added="added a booking system",
            booking_system_changed="changed a booking system",
            booking_system_paused="paused a booking system",
            booking_system_resumed="resumed a booking system",
            booking_system_removed="removed a booking system",
            outgoing_added="added an outgoing webhook",
            outgoing_changed="changed an outgoing webhook",
            outgoing_paused="paused an outgoing webhook",
            outgoing_resumed="resumed an outgoing webhook",
            outgoing_secret_rotated="changed the secret of an outgoing webhook",  # noqa: S106 - words
            outgoing_removed="removed an outgoing webhook",
            outgoing_tested="tested an outgoing webhook",
            outgoing_sent_again="sent a message to an outgoing webhook again",
            outgoing_switched_off="switched off an outgoing webhook that kept failing",
            digests_chosen="chose which summaries come by e-mail",
        ),
        **_topic(
            Topic.CALLERS,
            caller_called_back="marked a caller as called back",
            caller_dismissed="dismissed a caller",
            caller_action_undone="undid an action",
            caller_looked_up="looked up a number",
            number_shown="was shown a caller’s number by the phone system",
            appointment_changed="changed an appointment",
        ),
        **_topic(
            Topic.EXPORTS,
            calls_imported="imported calls",
            appointments_imported="imported appointments",
            import_stopped="stopped an import",
            mapping_saved="saved how the columns of a file are read",
            mapping_removed="removed how the columns of a file are read",
            metrics_rebuilt="had the figures computed again",
            audit_exported="exported the audit trail",
            audit_proof_taken="took a proof of the audit trail",
        ),
        **_topic(
            Topic.SUPPORT,
            support_opened="opened the clinic for support",
            support_refused="was refused support access",
            support_ended="ended the support access",
        ),
        **_topic(
            Topic.RETENTION,
            purged="deleted what had reached its age",
            key_destroyed="destroyed a key of caller hashes",
            audit_details_forgotten="erased details of the audit trail",
        ),
        **_topic(Topic.REFUSALS, access_refused="was refused a page"),
        **_topic(
            Topic.PLATFORM,
            person_added="added a person",
            person_changed="changed a person",
            staff_added="made somebody platform staff",
            work_retried="had work tried again that had failed",
            work_given_up="gave up work that had failed",
        ),
    }
)
