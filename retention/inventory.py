"""Every column of every table: what it is, what for, for how long and who erases it. Pure data; decides nothing.

A test compares it with the models, so that a new column can't come in unseen.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What a column says about a person."""

    NONE = "none"  # nothing
    PSEUDONYM = "pseudonym"  # about a caller, who is known by a random id or a keyed hash only
    STAFF = "staff"  # about a person who signs in
    SECRET = "secret"  # noqa: S105 - lets somebody in or opens something
    AGGREGATE = "aggregate"  # counts and sums over callers


@dataclass(frozen=True, slots=True)
class Column:
    table: str
    name: str
    kind: Kind
    purpose: str
    retention: str
    eraser: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns by kind, as words. `notes` says more of a column than the table's purpose does."""

    purpose: str
    retention: str
    eraser: str
    none: str = ""
    pseudonym: str = ""
    staff: str = ""
    secret: str = ""
    aggregate: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def columns(self, table: str) -> Iterator[Column]:
        for kind in Kind:
            words: str = getattr(self, kind.value)
            for name in words.split():
                yield Column(table, name, kind, self.notes.get(name, self.purpose), self.retention, self.eraser)


LIMIT = "the clinic's limit, 30 to 90 days"
ACCOUNT = "as long as the clinic's account"
PERSON = "as long as the person's account"
RUNS = "as long as the installation"
PURGE = "retention.services.purge_expired"
CLOSING = "closing the clinic or the person's account"
NOBODY = "nobody: it says nothing about anybody"

TABLES: Mapping[str, Table] = {
    # calls
    "calls_call": Table(
        "what happened on the phone",
        "a week is dropped when its first day is 90 days old; earlier at a shorter limit of the clinic",
        PURGE,
        none="clinic_id source",
        pseudonym="started_at id caller kind direction outcome ring_seconds talk_seconds line",
        notes={
            "id": "the row, whichever message of the provider comes next; a keyed hash of the provider's id",
            "caller": "a random id: calls of one caller belong together",
            "line": "which of the clinic's lines; a label, never a number",
        },
    ),
    "calls_callerhash": Table(
        "to find a caller again when the number is seen again",
        "with the week, 90 days after its first day; earlier when nothing else of the caller is left",
        PURGE,
        none="clinic_id week",
        pseudonym="caller_hash caller",
        notes={"caller_hash": "HMAC-SHA-256 of the number under the clinic's key of the week"},
    ),
    "calls_callerkey": Table(
        "the key under which a clinic's numbers of a week are hashed; in a database of its own",
        "90 days after the week has ended, when no hash under it is left",
        PURGE,
        none="id clinic_id week active_from created_at",
        secret="wrapped",  # noqa: S106 - the name of a column
        notes={"wrapped": "the key, encrypted under KEY_ENCRYPTION_KEY, which no database holds"},
    ),
    "calls_change": Table(
        "work to be done: this caller's or this day's figures changed",
        f"seconds; set aside after too many failures: {LIMIT}",
        f"attribution.services; {PURGE}",
        none="id clinic_id day created_at not_before tries set_aside_at problem",
        pseudonym="caller",
    ),
    "calls_connection": Table(
        "a clinic's phone system that sends messages",
        ACCOUNT,
        CLOSING,
        none="id clinic_id provider name created_at paused_at",
        secret="token_hash secret",  # noqa: S106 - names of columns
        notes={
            "token_hash": "SHA-256 of the random token in the webhook's address",
            "secret": "the provider's signing secret, encrypted under KEY_ENCRYPTION_KEY",
        },
    ),
    "calls_refusalcount": Table(
        "how many messages were refused, for the clinic to see",
        LIMIT,
        PURGE,
        none="id clinic_id day source reason",
        aggregate="count",
    ),
    # attribution
    "attribution_appointment": Table(
        "a booking, as far as it can be won back; not when it takes place and not for what",
        LIMIT,
        PURGE,
        none="id clinic_id created_at",
        pseudonym="external_id booked_at type value status callers caller verdict reason",
        notes={
            "external_id": "the booking system's id; refused when it holds the number",
            "callers": "random ids of those whose numbers it came with",
        },
    ),
    "attribution_appointmentcaller": Table(
        "whom else an appointment could belong to",
        "with its appointment",
        PURGE,
        none="clinic_id",
        pseudonym="caller appointment_id",
    ),
    "attribution_opportunity": Table(
        "a missed call, what became of it, and the evidence",
        LIMIT,
        PURGE,
        none="id clinic_id rules_version is_settled",
        pseudonym="caller status opened_at last_missed_at deadline attempts callbacks called_back_at reached_at"
        " contact_at contact_kind contact_talk_seconds closed_at appointment_id booked_at value value_source rule"
        " dismiss_reason",
    ),
    "attribution_staffaction": Table(
        "what the front desk did about a caller",
        LIMIT,
        PURGE,
        none="id clinic_id",
        pseudonym="caller at kind reached reason",
        staff="user_id",
        notes={"user_id": "who at the desk did it"},
    ),
    "attribution_callerbooks": Table(
        "up to when a caller's figures are closed, so that they never change again",
        f"{LIMIT}, from settled_until on; the time of the missed call goes at the call's own limit",
        PURGE,
        none="clinic_id",
        pseudonym="caller settled_until last_missed_at last_status",
    ),
    "attribution_daychange": Table(
        "work to be done: this day's figures change", "seconds", "attribution.services", none="clinic_id day"
    ),
    "attribution_dailymetrics": Table(
        "a day's figures",
        f"counts {ACCOUNT}; recovered_value 90 days, then it moves into its month",
        f"{PURGE} (values); {CLOSING}",
        none="clinic_id day",
        aggregate="inbound answered missed voicemail abandoned withheld outbound missed_out_of_hours opportunities"
        " called_back reached recovered lapsed dismissed delay_5m delay_15m delay_30m delay_1h delay_2h delay_4h"
        " delay_8h delay_24h delay_48h delay_later appointments recovered_appointments recovered_value",
    ),
    "attribution_hourlymetrics": Table(
        "an hour's figures", ACCOUNT, CLOSING, none="clinic_id day hour", aggregate="inbound missed"
    ),
    "attribution_monthlyvalue": Table(
        "the money of days that are older than 90 days",
        ACCOUNT,
        CLOSING,
        none="clinic_id month",
        aggregate="recovered_value",
    ),
    "attribution_rulesversion": Table(
        "by which rules a clinic's callers are judged",
        ACCOUNT,
        CLOSING,
        none="id clinic_id version in_force_from voicemail_is_missed min_ring_seconds min_talk_seconds callback_window"
        " booking_window clock_tolerance caller_returned_counts created_at",
    ),
    "attribution_typeestimate": Table(
        "what an appointment of a type is worth", ACCOUNT, CLOSING, none="id clinic_id code name value"
    ),
    # retention
    "retention_deletionlog": Table(
        "proof of what was deleted: counts and times, never whom",
        f"{ACCOUNT}; the application cannot change or delete it",
        "the owner role, with the clinic",
        none="id clinic_id run_id at what before certificate",
        aggregate="count",
        notes={"certificate": "a destroyed key's check value, by which the key cannot be found"},
    ),
    "retention_purgerun": Table("when the purge ran", RUNS, NOBODY, none="id started_at finished_at"),
    # tenants
    "tenants_clinic": Table(
        "a customer and its settings",
        ACCOUNT,
        CLOSING,
        none="id name slug timezone region currency opening_hours retention_days default_value callback_goal"
        " min_password_length require_two_factors support_allowed support_until support_reason created_at",
    ),
    "tenants_user": Table(
        "a person who signs in",
        PERSON,
        CLOSING,
        none="id is_superuser is_staff is_active created_at",
        staff="email name last_login",
        secret="password",  # noqa: S106 - the name of a column
        notes={
            "email": "to sign in and to be written to",
            "name": "how colleagues see the person; may be empty",
            "last_login": "to see an account that nobody uses, or that somebody else does",
            "password": "an Argon2id hash",
        },
    ),
    "tenants_membership": Table(
        "who may see which clinic, in which role",
        PERSON,
        CLOSING,
        none="id clinic_id role created_at expires_at",
        staff="user_id",
        notes={"user_id": "whose membership it is"},
    ),
    "tenants_apikey": Table(
        "a machine's key to one clinic",
        ACCOUNT,
        CLOSING,
        none="id clinic_id name prefix scopes created_at expires_at revoked_at last_used_at",
        secret="secret_hash",  # noqa: S106 - the name of a column
        notes={"secret_hash": "SHA-256 of 256 random bits"},
    ),
    "tenants_idempotentanswer": Table(
        "so that an API request that is sent twice is done once",
        "a day",
        PURGE,
        none="id clinic_id status created_at",
        pseudonym="answer",
        secret="key_hash body_hash",  # noqa: S106 - names of columns
        notes={
            "answer": "as it was sent: random ids, never a number",
            "key_hash": "keyed with the client's API key, which is not kept",
            "body_hash": "keyed with the client's API key, which is not kept",
        },
    ),
    "tenants_rareuse": Table(
        "how often an API key looked a caller up; how many invitations a clinic mailed",
        "a day",
        PURGE,
        none="id clinic_id api_key_id what at",
    ),
    "tenants_invitation": Table(
        "somebody may become a member of a clinic",
        "90 days after it has run out, earlier at a shorter limit of the clinic",
        PURGE,
        none="id clinic_id role link_expires_at expires_at created_at accepted_at withdrawn_at",
        staff="email invited_by_id",
        secret="token_hash",  # noqa: S106 - the name of a column
        notes={
            "email": "whom the invitation is sent to, and who alone can accept it",
            "invited_by_id": "who invited them",
            "token_hash": "SHA-256 of what the link in the mail holds",
        },
    ),
    "tenants_auditevent": Table(
        "who did what in a clinic, chained so that no row can be changed",
        f"{ACCOUNT}; nobody can change or delete a row",
        "the owner role, with the clinic",
        none="clinic_id seq at actor_kind action details_hash previous hash",
        staff="actor_id target",
        notes={
            "actor_id": "who did it; an id, worth nothing once the account is gone",
            "target": "what it was done to; an id or a code, never a name and nothing about a caller",
        },
    ),
    "tenants_auditdetail": Table(
        "what an event of the audit trail says about people, apart so that it can be erased",
        "90 days",
        PURGE,
        none="clinic_id seq salt",
        pseudonym="details",
        notes={"details": "before and after, an address's network, an opportunity's random id; numbers are masked"},
    ),
    "tenants_auditcheckpoint": Table(
        "signed proof of where all audit trails ended",
        RUNS,
        NOBODY,
        none="id at root previous trails signature key",
    ),
    "tenants_auditanchor": Table(
        "where a clinic's audit trail ended at a checkpoint",
        ACCOUNT,
        "the owner role, with the clinic",
        none="id clinic_id checkpoint_id seq head path",
    ),
    "tenants_refusedcount": Table(
        "how often something was refused, for the clinic to see", LIMIT, PURGE, none="id clinic_id day what count"
    ),
    "tenants_tokenfamily": Table(
        "a person's sign-in to the API",
        "until it runs out",
        PURGE,
        none="id created_at expires_at ended_at end_reason",
        staff="user_id",
        notes={"user_id": "whose sign-in it is"},
    ),
    "tenants_refreshtoken": Table(
        "which tokens of a sign-in to the API were used",
        "with the sign-in",
        PURGE,
        none="id family_id created_at used_at",
        secret="token_hash",  # noqa: S106 - the name of a column
        notes={"token_hash": "SHA-256 of 256 random bits"},
    ),
    "tenants_throttle": Table(
        "how often the API was used of late",
        "minutes, and until the next purge",
        PURGE,
        none="full_at",
        staff="name",
        notes={"name": "a keyed hash of a key, a person, a clinic or a network"},
    ),
    # Django and allauth
    "tenants_user_groups": Table("rights of platform staff", PERSON, CLOSING, none="id user_id group_id"),
    "tenants_user_user_permissions": Table(
        "rights of platform staff", PERSON, CLOSING, none="id user_id permission_id"
    ),
    "auth_group": Table("rights of platform staff", RUNS, NOBODY, none="id name"),
    "auth_group_permissions": Table("rights of platform staff", RUNS, NOBODY, none="id group_id permission_id"),
    "auth_permission": Table("rights of platform staff", RUNS, NOBODY, none="id name content_type_id codename"),
    "django_content_type": Table("the names of tables", RUNS, NOBODY, none="id app_label model"),
    "django_session": Table(
        "who is signed in",
        "a day at most, or until sign-out",
        PURGE,
        none="expire_date",
        secret="session_key session_data",  # noqa: S106 - names of columns
        notes={"session_key": "random; what the cookie holds", "session_data": "signed: whose session, which clinic"},
    ),
    "usersessions_usersession": Table(
        "so that people see where they are signed in, and can end it",
        "as long as the session, a week at most",
        PURGE,
        none="id created_at data",
        staff="user_id ip last_seen_at user_agent",
        secret="session_key",  # noqa: S106 - the name of a column
        notes={
            "user_id": "whose session it is",
            "ip": "the network of the address, never all of it",
            "last_seen_at": "to ten minutes",
            "user_agent": "browser, major version and system",
            "session_key": "which session it is; what the cookie holds",
        },
    ),
    "mfa_authenticator": Table(
        "the second factors of a person",
        "until the person removes them",
        CLOSING,
        none="id type created_at last_used_at",
        staff="user_id",
        secret="data",  # noqa: S106 - the name of a column
        notes={
            "user_id": "whose factor it is",
            "data": "sealed key of the authenticator app, sealed seed of recovery codes, or a passkey’s public key",
        },
    ),
    "django_admin_log": Table(
        "what platform staff changed",
        "90 days",
        PURGE,
        none="id action_time content_type_id object_id action_flag",
        staff="user_id object_repr change_message",
        notes={
            "user_id": "who changed it",
            "object_repr": "what was changed: a clinic's name or a person's e-mail address",
            "change_message": "which fields",
        },
    ),
    "account_emailaddress": Table(
        "which address of a person is confirmed",
        PERSON,
        CLOSING,
        none="id verified primary",
        staff="user_id email",
        notes={"user_id": "whose address it is", "email": "to be written to"},
    ),
    "account_emailconfirmation": Table(
        "a confirmation on its way",
        PERSON,
        CLOSING,
        none="id email_address_id created sent",
        secret="key",  # noqa: S106 - the name of a column
        notes={"key": "what the link in the mail holds"},
    ),
    # no model
    "tenants_cache": Table(
        "how often a sign-in was tried",
        "minutes, and a day at most",
        PURGE,
        none="expires",
        staff="cache_key value",
        notes={
            "cache_key": "a network, the SHA-256 of an e-mail address, or a person’s id with a used code",
            "value": "when it was tried",
        },
    ),
    "django_migrations": Table("which version of the tables this is", RUNS, NOBODY, none="id app name applied"),
}


def list_columns() -> list[Column]:
    """All columns of all tables, as the privacy centre shows them."""
    return [column for name, table in TABLES.items() for column in table.columns(name)]
