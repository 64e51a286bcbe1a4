"""Everything that attribution shows, as frozen facts, under the names that doors use; each has a file of its own."""

from attribution.selectors.dashboard import get_dashboard
from attribution.selectors.lists import AppointmentFilter, OpportunityFilter, list_appointments, list_opportunities
from attribution.selectors.metrics import daily_metrics, hourly_metrics, monthly_metrics
from attribution.selectors.work import clinics_with_work
from attribution.selectors.worklist import count_waiting, get_worklist

__all__ = [
    "AppointmentFilter", "OpportunityFilter", "clinics_with_work", "count_waiting", "daily_metrics", "get_dashboard",
    "get_worklist", "hourly_metrics", "list_appointments", "list_opportunities", "monthly_metrics",
]  # fmt: skip
