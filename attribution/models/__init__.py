"""Columns and constraints of appointments, opportunities, staff actions, rules and metrics; no behaviour.

A caller appears as a random id only. No foreign key points at calls: they are dropped by the week.
"""

from attribution.models.appointments import Appointment, AppointmentCaller
from attribution.models.bookings import BookingLink, BookingSystem
from attribution.models.claims import Claim, Goals
from attribution.models.digests import DigestChoice
from attribution.models.metrics import DailyMetrics, DayChange, HourlyMetrics, MonthlyValue
from attribution.models.opportunities import CallerBooks, Opportunity, StaffAction
from attribution.models.outgoing import OutgoingMessage, OutgoingTarget
from attribution.models.rules import RulesVersion, TypeEstimate

__all__ = [
    "Appointment", "AppointmentCaller", "BookingLink", "BookingSystem", "CallerBooks", "Claim", "DailyMetrics",
    "DayChange", "DigestChoice", "Goals", "HourlyMetrics", "MonthlyValue", "Opportunity", "OutgoingMessage",
    "OutgoingTarget", "RulesVersion", "StaffAction", "TypeEstimate",
]  # fmt: skip
