"""Everything that attribution writes, under the names that doors use; each service has a file of its own."""

from attribution.services.actions import (
    BadAction,
    NotUndoable,
    OpportunityClosed,
    TakenCareOf,
    UnknownAction,
    UnknownOpportunity,
    record_action,
    undo_action,
)
from attribution.services.appointments import (
    AppointmentReceipt,
    UnknownAppointment,
    change_appointment,
    record_appointments,
)
from attribution.services.booking_messages import receive_booking
from attribution.services.booking_reads import BY_HAND, ReadReport, read_booking_system
from attribution.services.booking_rounds import read_due_systems
from attribution.services.bookings import (
    MAX_CREDENTIAL,
    MAX_SYSTEM_NAME,
    BadSystem,
    NewSystem,
    UnknownSystem,
    add_booking_system,
    change_credentials,
    pause_booking_system,
    remove_booking_system,
    require_credentials,
    resume_booking_system,
)
from attribution.services.changes import attribute_changes, lapse_due
from attribution.services.claims import claim_caller, claim_if_free, release_caller
from attribution.services.digests import (
    BadStopLink,
    NoMember,
    NotForThisRole,
    choose_digests,
    mail_digests,
    read_stop_link,
    stop_digest,
    tell_digests,
)
from attribution.services.files import FileOrder, import_file
from attribution.services.goals import BadGoal, set_goals
from attribution.services.guide import follow_guide
from attribution.services.imports import AppointmentImport, import_appointments, newest_booking
from attribution.services.numbers import NumberAnswer, TooManyNumbers, show_number
from attribution.services.outgoing import (
    BadOutgoing,
    NewTarget,
    TargetDetails,
    TargetResting,
    UnknownTarget,
    add_target,
    change_target,
    pause_target,
    remove_target,
    resume_target,
    rotate_target_secret,
    send_message_again,
    send_test,
)
from attribution.services.preview import PreviewTooSlow, preview_rules
from attribution.services.rebuild import rebuild_metrics
from attribution.services.rollup import close_books, rebuild_days, recount_open_days
from attribution.services.sending import send_messages
from attribution.services.values import BadValue, NewValue, add_value, add_values, change_value, remove_value
from attribution.services.versions import RulesConflict, current_rules, list_rules, rules_in, set_rules

__all__ = [
    "AppointmentImport", "AppointmentReceipt", "BY_HAND", "BadAction", "BadGoal", "BadOutgoing", "BadStopLink",
    "BadSystem", "BadValue", "FileOrder", "MAX_CREDENTIAL", "MAX_SYSTEM_NAME", "NewSystem", "NewTarget", "NewValue",
    "NoMember", "NotForThisRole", "NotUndoable", "NumberAnswer", "OpportunityClosed", "PreviewTooSlow",
    "ReadReport", "RulesConflict", "TakenCareOf", "TargetDetails", "TargetResting", "TooManyNumbers",
    "UnknownAction", "UnknownAppointment", "UnknownOpportunity", "UnknownSystem", "UnknownTarget",
    "add_booking_system", "add_target", "add_value", "add_values", "attribute_changes", "change_appointment",
    "change_credentials", "change_target", "change_value", "choose_digests", "claim_caller", "claim_if_free",
    "close_books", "current_rules", "follow_guide", "import_appointments", "import_file", "lapse_due", "list_rules",
    "mail_digests", "newest_booking", "pause_booking_system", "pause_target", "preview_rules",
    "read_booking_system", "read_due_systems", "read_stop_link", "rebuild_days", "rebuild_metrics",
    "receive_booking", "record_action", "record_appointments", "recount_open_days", "release_caller",
    "remove_booking_system", "remove_target", "remove_value", "require_credentials", "resume_booking_system",
    "resume_target", "rotate_target_secret", "rules_in", "send_message_again", "send_messages", "send_test",
    "set_goals", "set_rules", "show_number", "stop_digest", "tell_digests", "undo_action",
]  # fmt: skip
