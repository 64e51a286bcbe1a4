"""Monthly reports as facts, words, lines of CSV and PDF. Pure: it is given figures and asks nobody for any.

It refuses to let a clinic's name become markup: `typeset` hands data to typst as data.
"""

from attribution.reports.documents import group_pdf, report_pdf
from attribution.reports.facts import BusyHour, GoalLine, MonthLine, Report, Worth
from attribution.reports.tables import DAY_COLUMNS, day_lines, group_lines

__all__ = [
    "DAY_COLUMNS", "BusyHour", "GoalLine", "MonthLine", "Report", "Worth", "day_lines", "group_lines", "group_pdf",
    "report_pdf",
]  # fmt: skip
