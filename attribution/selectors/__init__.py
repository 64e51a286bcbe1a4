"""Everything that attribution shows, as frozen facts, under the names that doors use; each has a file of its own."""

from attribution.facts import TypeValue
from attribution.selectors.dashboard import get_dashboard
from attribution.selectors.group import get_group
from attribution.selectors.lists import AppointmentFilter, OpportunityFilter, list_appointments, list_opportunities
from attribution.selectors.metrics import daily_metrics, hourly_metrics, monthly_metrics
from attribution.selectors.values import UnknownValue, get_value, list_unvalued_types, list_values
from attribution.selectors.work import clinics_with_work
from attribution.selectors.worklist import count_waiting, get_worklist

__all__ = [
    "AppointmentFilter", "OpportunityFilter", "TypeValue", "UnknownValue", "clinics_with_work", "count_waiting",
    "daily_metrics", "get_dashboard", "get_group", "get_value", "get_worklist", "hourly_metrics", "list_appointments",
    "list_opportunities", "list_unvalued_types", "list_values", "monthly_metrics",
]  # fmt: skip
