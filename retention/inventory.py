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
        none="clinic_id source connection_id",
        pseudonym="started_at id caller kind direction outcome ring_seconds talk_seconds line provider_call_id",
        notes={
            "id": "the row, whichever message of the provider comes next; a keyed hash of the provider's id",
            "caller": "a random id: calls of one caller belong together",
            "line": "which of the clinic's lines; a label, never a number",
            "connection_id": "which of the clinic's phone systems told of it, so that it can be asked",
            "provider_call_id": "what the phone system calls it, kept only where that can't hold a number",
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
        none="id clinic_id provider name created_at paused_at resumed_at silent_since",
        secret="token_hash secret",  # noqa: S106 - names of columns
        notes={
            "token_hash": "SHA-256 of the random token in the webhook's address",
            "secret": "the provider's signing secret, encrypted under KEY_ENCRYPTION_KEY",
        },
    ),
    "calls_account": Table(
        "to ask a phone system for its own list of calls, and for a number that somebody needs",
        "as long as the connection, or until it is taken away",
        "calls.services.remove_account",
        none="id clinic_id connection_id created_at checked_at problem",
        secret="credentials",  # noqa: S106 - the name of a column
        notes={"credentials": "the phone system's own, encrypted under KEY_ENCRYPTION_KEY"},
    ),
    "calls_pull": Table(
        "when a phone system was asked for its calls, how far that came and what it brought",
        "30 days after it ended, when the next one begins; with the account",
        "calls.services.start_pull",
        none="id clinic_id connection_id kind state since until reached not_before failing_since started_at updated_at"
        " finished_at problem",
        staff="started_by",
        aggregate="read added left_out refused",
        notes={"started_by": "who asked for it, by the id of a person; none for the clock and the console"},
    ),
    "calls_refusalcount": Table(
        "how many messages were refused, for the clinic to see",
        LIMIT,
        PURGE,
        none="id clinic_id day source reason connection_id",
        aggregate="count",
    ),
    "calls_connectionhour": Table(
        "how much came by a connection within an hour, for the clinic to see that it is heard",
        LIMIT,
        PURGE,
        none="id clinic_id connection_id hour",
        aggregate="messages calls refused first_message_at last_message_at",
    ),
    "calls_receivedfield": Table(
        "which fields a phone system's messages have, and that most of them are dropped unread",
        f"{LIMIT}, from the last message with the field on",
        PURGE,
        none="id clinic_id connection_id name last_at",
        aggregate="count",
        notes={"name": "the name of a field; never what stands in it, and no name that could tell a number"},
    ),
    "calls_importrun": Table(
        "a file that somebody imported in the browser: when, how far it came, and how many of its lines were what",
        LIMIT,
        PURGE,
        none="id clinic_id kind format is_dry_run state updated_at finished_at stop_asked_at bytes_total bytes_done",
        staff="started_by started_at",
        aggregate="report",
        notes={
            "report": "counts, reasons and numbers of lines; nothing that a line said",
            "started_by": "who imported it",
            "started_at": "when they did",
        },
    ),
    "calls_savedmapping": Table(
        "which column of a clinic's own call file is which, so that nobody has to say it twice",
        ACCOUNT,
        CLOSING,
        none="id clinic_id name header_key mapping",
        staff="made_by made_at",
        notes={
            "header_key": "SHA-256 of the header's names",
            "mapping": "names of columns and what words in them mean",
            "made_by": "who said so",
            "made_at": "when they did",
        },
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
    "attribution_bookingsystem": Table(
        "a clinic's booking system: how it is asked, or heard, and how far it was read",
        ACCOUNT,
        CLOSING,
        none="id clinic_id kind name created_at paused_at cursor next_poll_at claimed_until tries checked_at"
        " last_read_at"
        " problem",
        secret="token_hash credentials",  # noqa: S106 - names of columns
        aggregate="last_seen last_new last_changed last_left_out last_refused",
        notes={
            "token_hash": "SHA-256 of the random token in the address of one that sends messages",
            "credentials": "its keys, encrypted under KEY_ENCRYPTION_KEY",
            "last_seen": "how many bookings the last run was told of; so with the other counts",
        },
    ),
    "attribution_bookinglink": Table(
        "that a booking is an earlier one which was moved",
        LIMIT,
        PURGE,
        none="clinic_id seen_at",
        pseudonym="moved first",
        notes={"moved": "the booking system's random id", "first": "the appointment's external id"},
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
    "attribution_claim": Table(
        "who at the desk is calling whom, so that nobody is called twice",
        "15 minutes; gone with the next claim or action, or the purge",
        f"attribution.services; {PURGE}",
        none="clinic_id",
        pseudonym="opportunity_id",
        staff="user_id claimed_at",
        notes={"user_id": "who at the desk calls this caller", "claimed_at": "since when they do"},
    ),
    "attribution_goals": Table(
        "what a clinic wants to reach",
        ACCOUNT,
        CLOSING,
        none="clinic_id in_time_percent recovered_per_month",
    ),
    "attribution_callerbooks": Table(
        "up to when a caller's figures are closed, so that they never change again",
        f"{LIMIT}, from settled_until on; the time of the missed call goes at the call's own limit",
        PURGE,
        none="clinic_id",
        pseudonym="caller settled_until last_missed_at last_status",
    ),
    "attribution_outgoingtarget": Table(
        "where a clinic wants to be told what was found",
        ACCOUNT,
        CLOSING,
        none="id clinic_id name shown_address old_secret_until events created_at active_since paused_at failing_since"
        " switched_off_at digest_at",
        secret="url secret old_secret",  # noqa: S106 - names of columns
        notes={
            "url": "the receiver's address, encrypted under KEY_ENCRYPTION_KEY: its path may be a secret",
            "secret": "signs messages; encrypted under KEY_ENCRYPTION_KEY",
            "old_secret": "signs messages as well for a day after a change; encrypted under KEY_ENCRYPTION_KEY",
            "shown_address": "the address without its path",
        },
    ),
    "attribution_outgoingmessage": Table(
        "what a receiver is told or was told, and what came of it",
        "30 days; earlier with its opportunity",
        PURGE,
        none="id clinic_id target_id event not_before tries delivered_at given_up_at last_status last_problem",
        pseudonym="subject opportunity_id caller body created_at",
        notes={"body": "random ids, times, counts and money, as it was sent; never a number"},
    ),
    "attribution_digestchoice": Table(
        "which summaries a person gets by e-mail",
        PERSON,
        f"the person; attribution.services; {CLOSING}",
        none="clinic_id kind due_at leased_until sent_of",
        staff="user_id chosen_at sent_at",
        notes={
            "user_id": "who wants them",
            "chosen_at": "since when they want it",
            "sent_at": "so that a summary is not sent twice",
        },
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
        " min_password_length require_two_factors support_allowed support_until support_reason guide_open guide_settled"
        " created_at",
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
