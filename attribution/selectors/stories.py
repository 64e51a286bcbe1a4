"""Rows of opportunities and appointments with the sentence that explains each; words come from `explanations`."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from attribution.domain import (
    AppointmentRow,
    AppointmentStatus,
    ContactKind,
    DismissReason,
    OpportunityRow,
    OpportunityStatus,
    Reason,
    ValueSource,
    Verdict,
)
from attribution.explanations import Price, Story, explain_appointment, explain_opportunity
from attribution.models import Appointment, Opportunity
from calls.hashing import caller_name
from tenants.domain import ClinicFacts
from tenants.language import current_english

Estimates = Mapping[str, tuple[str, Decimal]]  # name and value of each type


def opportunity_row(
    clinic: ClinicFacts, estimates: Estimates, found: Opportunity, appointment: Appointment | None
) -> OpportunityRow:
    """`appointment` is the one that closed it, where one did."""
    zone = clinic.zone
    return OpportunityRow(
        id=found.id,
        caller=found.caller,
        caller_name=caller_name(found.caller),
        status=OpportunityStatus(found.status),
        opened_at=found.opened_at.astimezone(zone),
        last_missed_at=found.last_missed_at.astimezone(zone),
        attempts=found.attempts,
        callbacks=found.callbacks,
        called_back_at=_local(found.called_back_at, zone),
        contact_at=_local(found.contact_at, zone),
        contact_kind=ContactKind(found.contact_kind) if found.contact_kind else None,
        booked_at=_local(found.booked_at, zone),
        value=found.value,
        value_source=ValueSource(found.value_source) if found.value_source else None,
        rule=ContactKind(found.rule) if found.rule else None,
        rules_version=found.rules_version,
        appointment=appointment.external_id if appointment else None,
        explanation=explain_opportunity(
            _story(found, zone), _price(clinic, estimates, found, appointment), current_english()
        ),
    )


def appointment_row(
    clinic: ClinicFacts, estimates: Estimates, booked: Appointment, told_by: Opportunity | None
) -> AppointmentRow:
    """`told_by` is the opportunity that explains the verdict, where one does and is still held."""
    is_won = booked.verdict == Verdict.RECOVERED and told_by is not None
    price = _price(clinic, estimates, told_by, booked) if is_won and told_by else None
    booked_at = booked.booked_at.astimezone(clinic.zone)
    story = _story(told_by, clinic.zone) if told_by else None
    return AppointmentRow(
        id=booked.id,
        external_id=booked.external_id,
        booked_at=booked_at,
        type=estimates[booked.type][0] if booked.type in estimates else booked.type,
        status=AppointmentStatus(booked.status),
        caller_name=caller_name(booked.caller) if booked.caller else "",
        verdict=Verdict(booked.verdict),
        reason=Reason(booked.reason),
        value=price.value if price else None,
        value_source=price.source if price else None,
        explanation=explain_appointment(Reason(booked.reason), booked_at, story, price, current_english()),
        caller=booked.caller,
        given_value=booked.value,
        type_code=booked.type,
    )


def _story(found: Opportunity, zone: ZoneInfo) -> Story:
    return Story(
        status=OpportunityStatus(found.status),
        opened_at=found.opened_at.astimezone(zone),
        last_missed_at=found.last_missed_at.astimezone(zone),
        attempts=found.attempts,
        called_back_at=_local(found.called_back_at, zone),
        contact_at=_local(found.contact_at, zone),
        contact_kind=ContactKind(found.contact_kind) if found.contact_kind else None,
        contact_talk_seconds=found.contact_talk_seconds,
        closed_at=_local(found.closed_at, zone),
        booked_at=_local(found.booked_at, zone),
        dismiss_reason=DismissReason(found.dismiss_reason) if found.dismiss_reason else None,
    )


def _price(
    clinic: ClinicFacts, estimates: Estimates, found: Opportunity, appointment: Appointment | None
) -> Price | None:
    if found.value is None:
        return None
    type_code = appointment.type if appointment else ""
    label = estimates.get(type_code, (type_code, None))[0]
    return Price(found.value, clinic.currency, ValueSource(found.value_source), label)


def _local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return instant.astimezone(zone) if instant else None
