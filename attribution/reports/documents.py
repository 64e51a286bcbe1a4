"""What is printed: every figure of a report as the text that it is shown as; the templates only lay it out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from attribution.charts import funnel_bars, percentage
from attribution.domain import DELAY_EDGES, Kpi
from attribution.facts import Group, GroupRow
from attribution.reports import words
from attribution.reports.facts import Report
from attribution.reports.typeset import make_pdf
from tenants.domain import ClinicFacts

LETTER = frozenset({"US", "CA", "MX"})  # where paper is US Letter


def report_pdf(report: Report) -> bytes:
    """One clinic's month, on a page or two."""
    return make_pdf("monthly", _monthly(report), report.made_at)


def group_pdf(group: Group, month: date, made_at: datetime, *, reader: ClinicFacts) -> bytes:
    """Several clinics' month beside each other, in the form of the clinic from which somebody looks."""
    return make_pdf("group", _group(group, month, made_at, reader), made_at)


def paper(region: str) -> str:
    return "us-letter" if region in LETTER else "a4"


def _monthly(report: Report) -> dict[str, Any]:
    clinic, dashboard = report.clinic, report.dashboard
    return {
        **_frame(report.name, clinic, report.made_at),
        "clinic": clinic.name,
        "so_far": "" if report.is_over else f"so far, up to {clinic.english.full_date(dashboard.last_on)}",
        "zone": clinic.timezone,
        "kpis": _kpis(report),
        "goals": [
            {"label": goal.label, "text": f"{goal.reached}, goal {goal.wanted}: {goal.state}", "done": goal.done}
            for goal in report.goals
        ],
        "funnel": _funnel(report),
        "busiest": [[words.say_hour(hour, clinic.english), words.say_missed(hour)] for hour in report.busiest],
        "delays": _delays(report),
        "goal_text": words.say_span(clinic.callback_goal),
        "reasons": [
            [clinic.english.say(words.REASON_WORDS[reason]), f"{count:,}"] for reason, count in dashboard.reasons
        ],
        "worth": words.say_worth(report.worth, clinic.currency, clinic.default_value),
        "privacy": words.say_privacy(report),
    }


def _frame(month: str, clinic: ClinicFacts, made_at: datetime) -> dict[str, Any]:
    english = clinic.english
    return {
        "month": month,
        "paper": paper(clinic.region),
        "region": clinic.language.removeprefix("en-"),
        "made": f"{english.full_date(made_at)}, {english.clock(made_at)}",
    }


def _kpis(report: Report) -> list[dict[str, str]]:
    currency = report.clinic.currency
    year = {kpi.key: words.say_change(kpi, currency) for kpi in report.year}
    return [
        {
            "label": kpi.label,
            "value": words.say_figure(kpi, currency),
            "change": words.say_change(kpi, currency),
            "year": year.get(kpi.key, ""),
        }
        for kpi in report.dashboard.kpis
    ]


def _funnel(report: Report) -> list[dict[str, Any]]:
    funnel = report.dashboard.funnel
    bars = funnel_bars(funnel)
    steps = [(step.label, step.count) for step in bars.steps]
    nobody = {**_bar("Nobody called", bars.nobody_called, funnel.opportunities), "late": True}
    return [*(_bar(label, count, funnel.opportunities) for label, count in steps), nobody]


def _delays(report: Report) -> list[dict[str, Any]]:
    buckets, goal = report.dashboard.delays, report.clinic.callback_goal
    whole = sum(bucket.count for bucket in buckets)
    late = [edge > goal for edge in DELAY_EDGES] + [True]
    return [
        {**_bar(bucket.label, bucket.count, whole), "late": is_late}
        for bucket, is_late in zip(buckets, late, strict=True)
    ]


def _bar(label: str, count: int, whole: int) -> dict[str, Any]:
    length = round(100 * min(count / whole, 1), 1) if whole else 0
    return {"label": label, "count": f"{count:,}", "share": percentage(count, whole), "length": length}


def _group(group: Group, month: date, made_at: datetime, reader: ClinicFacts) -> dict[str, Any]:
    return {
        **_frame(f"{month:%B %Y}", reader, made_at),
        "so_far": "so far" if f"{made_at:%Y-%m}" == f"{month:%Y-%m}" else "",
        "heads": [one.label for one in group.rows[0].figures] if group.rows else [],
        "clinics": [{"name": row.name, "cells": _cells(row.figures, row.currency)} for row in group.rows],
        "totals": [{"name": _total_name(row), "cells": _cells(row.figures, row.currency)} for row in group.totals],
    }


def _total_name(row: GroupRow) -> str:
    return f"{row.currency}, {row.clinics} clinic{'' if row.clinics == 1 else 's'}"


def _cells(figures: Sequence[Kpi], currency: str) -> list[list[str]]:
    return [[words.say_figure(kpi, currency), words.say_change(kpi, currency)] for kpi in figures]
