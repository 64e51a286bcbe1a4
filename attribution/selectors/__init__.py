"""Everything that attribution shows, as frozen facts, under the names that doors use; each has a file of its own."""

from attribution.facts import TypeValue
from attribution.selectors.bookings import (
    SystemLine,
    find_hook,
    find_system,
    list_due_systems,
    list_system_names,
    list_systems,
    steps_of,
    trouble_of,
)
from attribution.selectors.callers import get_caller_story
from attribution.selectors.dashboard import get_dashboard
from attribution.selectors.digests import list_choices
from attribution.selectors.group import get_group
from attribution.selectors.guide import get_guide
from attribution.selectors.lists import (
    AppointmentFilter,
    OpportunityFilter,
    list_appointments,
    list_opportunities,
)
from attribution.selectors.metrics import daily_metrics, hourly_metrics, monthly_metrics
from attribution.selectors.outgoing import MessageLine, TargetLine, find_target, list_messages, list_targets
from attribution.selectors.reports import NoReport, get_goals, get_report, get_report_days, list_reports
from attribution.selectors.search import MOST as MOST_FOUND
from attribution.selectors.search import find_callers_named
from attribution.selectors.values import UnknownValue, get_value, list_unvalued_types, list_values
from attribution.selectors.work import clinics_to_mail, clinics_to_tell, clinics_with_work
from attribution.selectors.worklist import count_waiting, get_worklist

__all__ = [
    "AppointmentFilter", "MOST_FOUND", "MessageLine", "NoReport", "OpportunityFilter", "SystemLine", "TargetLine",
    "TypeValue", "UnknownValue", "clinics_to_mail", "clinics_to_tell", "clinics_with_work", "count_waiting",
    "daily_metrics", "find_callers_named", "find_hook", "find_system", "find_target", "get_caller_story",
    "get_dashboard", "get_goals", "get_group", "get_guide", "get_report", "get_report_days", "get_value",
    "get_worklist", "hourly_metrics", "list_appointments", "list_choices", "list_due_systems", "list_messages",
    "list_opportunities", "list_reports", "list_system_names", "list_systems", "list_targets",
    "list_unvalued_types", "list_values", "monthly_metrics", "steps_of", "trouble_of",
]  # fmt: skip
