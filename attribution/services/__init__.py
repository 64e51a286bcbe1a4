"""Everything that attribution writes, under the names that doors use; each service has a file of its own."""

from attribution.services.actions import (
    BadAction,
    NotUndoable,
    OpportunityClosed,
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
from attribution.services.changes import attribute_changes, lapse_due
from attribution.services.imports import AppointmentImport, import_appointments, newest_booking
from attribution.services.preview import PreviewTooSlow, preview_rules
from attribution.services.rebuild import rebuild_metrics
from attribution.services.rollup import close_books, rebuild_days, recount_open_days
from attribution.services.values import BadValue, add_value, change_value, remove_value
from attribution.services.versions import RulesConflict, current_rules, list_rules, rules_in, set_rules

__all__ = [
    "AppointmentImport", "AppointmentReceipt", "BadAction", "BadValue", "NotUndoable", "OpportunityClosed",
    "PreviewTooSlow", "RulesConflict", "UnknownAction", "UnknownAppointment", "UnknownOpportunity",
    "add_value", "attribute_changes", "change_appointment", "change_value", "close_books", "current_rules",
    "import_appointments", "lapse_due", "list_rules", "newest_booking", "preview_rules", "rebuild_days",
    "rebuild_metrics", "record_action", "record_appointments", "recount_open_days", "remove_value", "rules_in",
    "set_rules", "undo_action",
]  # fmt: skip
