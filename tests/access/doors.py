"""The matrix of doors: for every address, which methods it knows and who gets in. Data, independent of the product's.

What is not in here fails the build. Roles are spelt out, so that a change of `tenants/permissions.py` is seen here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

EVERYBODY = frozenset({"admin", "manager", "receptionist", "auditor", "support"})
DESK = frozenset({"admin", "manager", "receptionist"})
MANAGERS = frozenset({"admin", "manager"})
FIGURES = frozenset({"admin", "manager", "auditor", "support"})
READERS = frozenset({"admin", "auditor"})
ADMINS = frozenset({"admin"})

Methods = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Door:
    """A page of a clinic: who gets in by which method. `recent`: methods that ask who it is once more."""

    methods: Methods
    recent: frozenset[str] = field(default_factory=frozenset)


def door(*recent: str, **methods: frozenset[str]) -> Door:
    return Door(methods, frozenset(recent))


ASKED = ("GET", "POST")  # both ask who it is once more
CLINIC_DOORS: Mapping[str, Door] = {
    "dashboard": door(GET=EVERYBODY),
    "start": door(GET=MANAGERS),
    "start_settle": door(POST=MANAGERS),
    "start_hide": door(POST=MANAGERS),
    "start_show": door(POST=MANAGERS),
    "worklist": door(GET=EVERYBODY),
    "worklist_rows": door(GET=EVERYBODY),
    "act": door(POST=DESK),
    "claim": door(POST=DESK),
    "show_number": door(POST=DESK),
    "undo_action": door(POST=DESK),
    "calls": door(GET=EVERYBODY),
    "caller": door(GET=EVERYBODY),
    "opportunities": door(GET=EVERYBODY),
    "search": door(GET=EVERYBODY, POST=EVERYBODY),
    "about": door(GET=EVERYBODY),
    "appointments": door(GET=EVERYBODY),
    "group": door(GET=EVERYBODY),  # shows the clinics where one may see figures; 404 for fewer than two
    "group_csv": door(GET=EVERYBODY),
    "group_pdf": door(GET=EVERYBODY),
    "reports": door(GET=FIGURES),
    "report": door(GET=FIGURES),
    "report_pdf": door(GET=FIGURES),
    "report_csv": door(GET=FIGURES),
    "settings_goals": door(GET=FIGURES),
    "settings_goals_change": door(POST=MANAGERS),
    "settings_clinic": door(GET=FIGURES),
    "settings_clinic_change": door(GET=MANAGERS, POST=MANAGERS),
    "settings_hours": door(GET=FIGURES),
    "settings_hours_change": door(GET=MANAGERS, POST=MANAGERS),
    "settings_rules": door(GET=FIGURES),
    "settings_rules_preview": door(GET=MANAGERS),
    "settings_rules_change": door(POST=MANAGERS),
    "settings_values": door(GET=FIGURES),
    "settings_values_add": door(GET=MANAGERS, POST=MANAGERS),
    "settings_values_typical": door(GET=MANAGERS, POST=MANAGERS),
    "settings_values_change": door(GET=MANAGERS, POST=MANAGERS),
    "settings_values_remove": door(GET=MANAGERS, POST=MANAGERS),
    "settings_connections": door(GET=FIGURES),
    "settings_connection": door(GET=FIGURES),
    "settings_connection_waiting": door(GET=FIGURES),
    "settings_connection_choose": door("GET", GET=MANAGERS),
    "settings_connection_add": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_connection_pause": door(POST=MANAGERS),
    "settings_connection_resume": door(POST=MANAGERS),
    "settings_connection_secret": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_connection_remove": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_connection_account": door(GET=FIGURES),
    "settings_connection_account_progress": door(GET=FIGURES),
    "settings_connection_account_set": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_connection_account_remove": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_connection_account_check": door(POST=MANAGERS),
    "settings_connection_account_fetch": door(POST=MANAGERS),
    "settings_connection_account_stop": door(POST=MANAGERS),
    "settings_import": door(GET=FIGURES),
    "settings_import_calls": door(GET=MANAGERS, POST=MANAGERS),
    "settings_import_appointments": door(GET=MANAGERS, POST=MANAGERS),
    "settings_import_progress": door(GET=FIGURES),
    "settings_import_run": door(GET=FIGURES),
    "settings_import_report": door(GET=FIGURES),
    "settings_import_stop": door(POST=MANAGERS),
    "settings_import_mapping_remove": door(GET=MANAGERS, POST=MANAGERS),
    "settings_webhooks": door(GET=FIGURES),
    "settings_webhook": door(GET=FIGURES),
    "settings_webhook_add": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_webhook_change": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_webhook_pause": door(POST=MANAGERS),
    "settings_webhook_resume": door(POST=MANAGERS),
    "settings_webhook_test": door(POST=MANAGERS),
    "settings_webhook_again": door(POST=MANAGERS),
    "settings_webhook_secret": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_webhook_remove": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "summaries": door(GET=EVERYBODY, POST=EVERYBODY),  # 404 for support that wants some: it is no member
    "settings_bookings": door(GET=FIGURES),
    "settings_booking_add": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_booking_check": door(POST=MANAGERS),
    "settings_booking_pause": door(POST=MANAGERS),
    "settings_booking_resume": door(POST=MANAGERS),
    "settings_booking_credentials": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_booking_remove": door(*ASKED, GET=MANAGERS, POST=MANAGERS),
    "settings_people": door(GET=READERS),
    "invite": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "invitation_again": door("POST", POST=ADMINS),
    "invitation_end": door("POST", POST=ADMINS),
    "change_role": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "remove_member": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "leave_clinic": door(*ASKED, GET=EVERYBODY, POST=EVERYBODY),  # 404 for support, which is no member
    "settings_keys": door(GET=READERS),
    "make_key": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "revoke_key": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "settings_security": door(GET=READERS),
    "settings_security_change": door(*ASKED, GET=ADMINS, POST=ADMINS),
    "support_end": door(POST=ADMINS),
    "settings_audit": door(GET=READERS),
    "audit_export": door("POST", POST=READERS),
    "audit_proof": door("POST", POST=READERS),
}

# What a door is sent when it shall do its work; the other fields are as on the form's page.
BODIES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("search", "POST"): {"words": "webhook"},
    ("act", "POST"): {"kind": "called_back", "reached": "yes"},
    ("claim", "POST"): {"take": "yes"},
    ("settings_connection_add", "POST"): {"name": "Front desk", "secret": "made-up-secret"},
    ("settings_connection_secret", "POST"): {"secret": "another-made-up-secret"},
    ("settings_connection_account_set", "POST"): {"account_sid": "AC" + "0" * 32, "secret": "made-up-token"},
    ("settings_connection_account_fetch", "POST"): {"days": "2"},
    ("settings_webhook_add", "POST"): {"name": "Chat", "url": "https://hooks.example.com/x", "events": "digest.daily"},
    ("settings_webhook_change", "POST"): {"name": "Renamed", "events": "digest.daily"},
    ("summaries", "POST"): {"kinds": "daily"},
    ("settings_booking_add", "POST"): {"kind": "dentally", "name": "Front desk diary", "token": "made-up-token"},
    ("invite", "POST"): {"email": "dora@bright-smile.example", "role": "receptionist"},
    ("change_role", "POST"): {"role": "receptionist"},
    ("make_key", "POST"): {"name": "Booking system", "scopes": "read", "lasts": "90"},
    ("settings_security_change", "POST"): {
        "min_password_length": "16", "require_two_factors": "on", "support_allowed": "on",
    },
    ("settings_clinic_change", "POST"): {"name": "Brighter Smile"},
    ("settings_hours_change", "POST"): {"sun_1_opens": "10:00", "sun_1_closes": "12:00"},
    ("settings_rules_change", "POST"): {"min_ring_seconds": "9"},
    ("settings_goals_change", "POST"): {"in_time_percent": "80", "recovered_per_month": "20"},
    ("settings_values_add", "POST"): {"code": "veneer", "name": "Veneer", "value": "450"},
    ("settings_values_change", "POST"): {"name": "Renamed", "value": "451"},
    ("start_settle", "POST"): {"step": "details"},
}  # fmt: skip
# What the clinic's trail says afterwards: exactly one row. A door that changes something and is not in here fails.
AUDITED: Mapping[tuple[str, str], str] = {
    ("act", "POST"): "caller_called_back",
    ("undo_action", "POST"): "caller_action_undone",
    ("settings_clinic_change", "POST"): "clinic_changed",
    ("settings_hours_change", "POST"): "hours_changed",
    ("settings_rules_change", "POST"): "rules_changed",
    ("settings_goals_change", "POST"): "goals_changed",
    ("settings_values_add", "POST"): "value_set",
    ("settings_values_typical", "POST"): "value_set",
    ("start_show", "POST"): "guide_shown",
    ("settings_values_change", "POST"): "value_set",
    ("settings_values_remove", "POST"): "value_removed",
    ("settings_connection_add", "POST"): "connection_added",
    ("settings_connection_pause", "POST"): "connection_paused",
    ("settings_connection_resume", "POST"): "connection_resumed",
    ("settings_connection_secret", "POST"): "connection_secret_rotated",
    ("settings_connection_remove", "POST"): "connection_removed",
    ("settings_connection_account_set", "POST"): "account_set",
    ("settings_connection_account_remove", "POST"): "account_removed",
    ("settings_connection_account_stop", "POST"): "calls_fetched",
    ("settings_import_stop", "POST"): "import_stopped",
    ("settings_import_mapping_remove", "POST"): "mapping_removed",
    ("settings_webhook_add", "POST"): "outgoing_added",
    ("settings_webhook_change", "POST"): "outgoing_changed",
    ("settings_webhook_pause", "POST"): "outgoing_paused",
    ("settings_webhook_resume", "POST"): "outgoing_resumed",
    ("settings_webhook_test", "POST"): "outgoing_tested",
    ("settings_webhook_again", "POST"): "outgoing_sent_again",
    ("settings_webhook_secret", "POST"): "outgoing_secret_rotated",
    ("settings_webhook_remove", "POST"): "outgoing_removed",
    ("settings_booking_add", "POST"): "booking_system_added",
    ("settings_booking_pause", "POST"): "booking_system_paused",
    ("settings_booking_resume", "POST"): "booking_system_resumed",
    ("settings_booking_credentials", "POST"): "booking_system_changed",
    ("settings_booking_remove", "POST"): "booking_system_removed",
    ("invite", "POST"): "member_invited",
    ("invitation_again", "POST"): "invitation_sent_again",
    ("invitation_end", "POST"): "invitation_withdrawn",
    ("change_role", "POST"): "role_changed",
    ("remove_member", "POST"): "member_removed",
    ("make_key", "POST"): "api_key_made",
    ("revoke_key", "POST"): "api_key_revoked",
    ("settings_security_change", "POST"): "security_changed",
    ("support_end", "POST"): "support_ended",
    ("audit_export", "POST"): "audit_exported",
}
# Methods that change something and are tested elsewhere, and where.
NOT_AUDITED: Mapping[tuple[str, str], str] = {
    ("start_settle", "POST"): "here the checklist is away: tests/attribution/test_start_page.py",
    ("start_hide", "POST"): "likewise",
    ("summaries", "POST"): "one’s own, whatever the role: tests/attribution/test_digests_page.py",
    ("search", "POST"): "looks and changes nothing; a number is on record: tests/attribution/test_search.py",
    ("claim", "POST"): "a word among colleagues; what is done about the caller is on record",
    ("settings_import_calls", "POST"): "brings a file: tests/attribution/test_import_pages.py",
    ("settings_import_appointments", "POST"): "brings a file: tests/attribution/test_import_pages.py",
    ("show_number", "POST"): "here there is no phone system to ask: tests/attribution/test_numbers.py",
    ("settings_connection_account_check", "POST"): "asks the phone system and changes nothing",
    ("settings_connection_account_fetch", "POST"): "on record when it ends: tests/calls/test_pull_run.py",
    ("settings_booking_check", "POST"): "asks what the clock asks as well: tests/attribution/test_booking_pages.py",
    ("leave_clinic", "POST"): "the only admin can't leave: tests/tenants/test_people.py",
    ("audit_proof", "POST"): "there is no checkpoint yet: tests/tenants/test_audit_export.py",
}
# Arguments of addresses that are the same for everybody and name nothing of a clinic.
NOT_IDS = {"month", "provider"}
# The pages that lead to a door whose form is on another page, each with a form that goes to the next.
PAGES_BEFORE: Mapping[str, Sequence[str]] = {
    "settings_goals_change": ("settings_goals",),
    "settings_rules_change": ("settings_rules", "settings_rules_preview"),
}
# Of the person, whatever the clinic: signed in is enough.
PAGE = frozenset({"GET", "POST"})
PERSON_DOORS: Mapping[str, frozenset[str]] = {
    "switch_clinic": frozenset({"POST"}),
    "account_logout": PAGE,
    "account_reauthenticate": PAGE,
    "account_change_password": PAGE,
    "account_set_password": PAGE,
    "mfa_index": frozenset({"GET"}),
    "mfa_reauthenticate": PAGE,
    "mfa_activate_totp": PAGE,
    "mfa_deactivate_totp": PAGE,
    "mfa_view_recovery_codes": frozenset({"GET"}),
    "mfa_generate_recovery_codes": PAGE,
    "mfa_download_recovery_codes": frozenset({"GET"}),
    "mfa_list_webauthn": frozenset({"GET"}),
    "mfa_add_webauthn": PAGE,
    "mfa_reauthenticate_webauthn": PAGE,
    "mfa_remove_webauthn": PAGE,
    "mfa_edit_webauthn": PAGE,
    "usersessions_list": PAGE,
}

# Open to the world: what they show is the same for everybody, or what they take proves itself.
PUBLIC_DOORS: Mapping[str, frozenset[str]] = {
    "account_login": PAGE,
    "account_inactive": frozenset({"GET"}),
    "account_signup": PAGE,
    "account_reset_password": PAGE,
    "account_reset_password_done": frozenset({"GET"}),
    "account_reset_password_from_key": PAGE,
    "account_reset_password_from_key_done": frozenset({"GET"}),
    "mfa_authenticate": PAGE,  # between the first factor and the second
    "mfa_login_webauthn": PAGE,
    "invitation": PAGE,  # the token is in the session
    "invitation_link": frozenset({"GET"}),
    "invitation_fresh": frozenset({"POST"}),
    "invitation_sent": frozenset({"GET"}),
    "invitation_sign_out": frozenset({"POST"}),
    "summaries_stop": PAGE,  # the link is signed
    "healthz": frozenset({"GET"}),
    "readyz": frozenset({"GET"}),
    "privacy": frozenset({"GET"}),
    "cookies": frozenset({"GET"}),
    "security": frozenset({"GET"}),
    "sub_processors": frozenset({"GET"}),
    "status": frozenset({"GET"}),
    "security_txt": frozenset({"GET"}),
    "csp_reports": frozenset({"POST"}),
}

# Tested by role, scope and method in tests/api/test_doors.py, which fails for an API door without an entry of its own.
API_PREFIX = "api-"
# Tested in tests/tenants/test_admin*.py; here only that nobody but platform staff gets anywhere.
ADMIN_PREFIX = "admin:"
