"""What the API says of something that intake refuses, and that it is counted; shared by all doors that take numbers."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from calls.domain import RefusalReason, Refused
from calls.services import count_refusal
from tenants.domain import ClinicFacts
from tenants.problems import ApiProblem, FieldError

SOURCE = "api"


def problem_of(refused: Refused) -> ApiProblem:
    """422 with the reason; 400 for what cannot be read."""
    if refused.reason is RefusalReason.UNREADABLE:
        status, kind = HTTPStatus.BAD_REQUEST, "invalid"
    else:
        status, kind = HTTPStatus.UNPROCESSABLE_ENTITY, refused.reason.value
    errors = [FieldError((refused.field_name,), refused.detail)] if refused.field_name else []
    return ApiProblem(status, f"{refused.reason}: {refused.detail}", kind=kind, errors=errors)


def count_problems(clinic: ClinicFacts, problems: Iterable[ApiProblem], now: datetime) -> None:
    """So that the clinic can see that something was refused, and why; never what it said."""
    reasons = Counter(_reason(problem) for problem in problems)
    for reason, count in reasons.items():
        count_refusal(clinic_id=clinic.id, source=SOURCE, reason=reason, now=now, count=count)


def _reason(problem: ApiProblem) -> str:
    return RefusalReason.UNREADABLE.value if problem.kind == "invalid" else problem.kind
