"""The monthly report as a letter: the PDF of the month that is over, for those who may see figures.

When it is due, and that it goes out once, is the matter of `digests`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from attribution.reports import report_pdf
from attribution.selectors.digests import Digest
from attribution.selectors.reports import NoReport, get_report
from tenants.domain import ClinicFacts
from tenants.mail import Attachment, Letter


def read_attachment(clinic: ClinicFacts, digest: Digest, now: datetime) -> Attachment | None:
    """The report of the days that the digest is about; None for a month from before the clinic's first figures."""
    try:
        report = get_report(clinic, digest.span.first, now)
    except NoReport:
        return None
    return Attachment(f"{clinic.slug}-{report.slug}.pdf", report_pdf(report), "application/pdf")


def write_report(attachment: Attachment, values: Mapping[str, Any], headers: Mapping[str, str]) -> Letter:
    """A few words around the report."""
    subject, text, html = (
        render_to_string(f"attribution/mail/report{part}", dict(values))
        for part in ("_subject.txt", "_text.txt", ".html")
    )
    return Letter("report", subject, text, html, headers, (attachment,))
