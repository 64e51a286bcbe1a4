"""The pages of asking a phone system for its own list of calls: with what, does it answer, and what was fetched.

Credentials come in and are never shown again, nor is anything that the phone system answers.
"""

import uuid
from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import services
from calls.fetching import NothingToFetch, begin_backfill, check_account
from calls.forms.accounts import AccountForm, BackfillForm
from calls.pulls import PULLERS
from calls.selectors import ConnectionLine, find_account, find_line, list_pulls
from calls.selectors.accounts import PROBLEM_WORDS
from calls.wakeup import wake_fetcher
from tenants.access import Visit, clinic_page
from tenants.pages import go_to, say_and_go_to
from tenants.permissions import Permission

SECTION = {"section": "settings"}


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_account(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Whether it is asked, whether it answers, and what was fetched."""
    return _show(request, visit, _find(visit, connection_id), BackfillForm(most=visit.clinic.retention_days))


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_progress(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """What was fetched, for a page that is open. Who comes without a script is led to the page."""
    line = _find(visit, connection_id)
    if not request.headers.get("HX-Request"):
        return go_to(_address_of(line))
    return render(request, "settings/_connection_account_pulls.html", _pulls(visit, line))


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def set_account(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Asks for the credentials, in place of any before; then asks the phone system once."""
    line = _find(visit, connection_id)
    form = AccountForm(request.POST if request.method == "POST" else None, provider=line.provider)
    if request.method == "GET" or not form.is_valid():
        status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.BAD_REQUEST
        context = {**SECTION, "connection": line, "form": form, "steps": PULLERS[line.provider].STEPS}
        return render(request, "settings/connection_account_set.html", context, status=status)
    services.set_account(
        clinic_id=visit.clinic.id,
        connection_id=line.id,
        credentials=form.cleaned_data,
        now=timezone.now(),
        actor=visit.actor,
    )
    return say_and_go_to(request, _address_of(line), f"{line.title} can be asked now. Check whether it answers.")


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def remove_account(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Says what will be gone and what stays; then does it."""
    line = _find(visit, connection_id)
    if request.method == "GET":
        return render(request, "settings/connection_account_remove.html", {**SECTION, "connection": line})
    services.remove_account(clinic_id=visit.clinic.id, connection_id=line.id, actor=visit.actor)
    return say_and_go_to(request, _address_of(line), f"{line.title} is no longer asked. What was fetched stays.")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS, scoped=False)  # no transaction waits for the phone system
def try_account(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Asks the phone system once, stores nothing, and says what came."""
    line = _find(visit, connection_id)
    checked = check_account(clinic_id=visit.clinic.id, connection_id=line.id, now=timezone.now())
    if checked is None:
        messages.error(request, "There are no credentials to ask with.")
    elif checked.problem:
        messages.error(request, PROBLEM_WORDS[checked.problem])
    else:
        said = "no call" if not checked.calls else "one record" if checked.calls == 1 else f"{checked.calls} records"
        messages.success(request, f"{line.title} answered: {said} of the last 24 hours on its first page.")
    return go_to(_address_of(line))


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def start_backfill(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Leaves a pull for a worker."""
    line, now = _find(visit, connection_id), timezone.now()
    form = BackfillForm(request.POST, most=visit.clinic.retention_days)
    if not form.is_valid():
        return _show(request, visit, line, form, HTTPStatus.BAD_REQUEST)
    since = now - timedelta(days=form.cleaned_data["days"])
    try:
        pull_id = begin_backfill(
            clinic=visit.clinic, connection_id=line.id, since=since, until=now, now=now, actor=visit.actor
        )
    except services.AlreadyFetching:
        messages.error(request, "It is being fetched already: see below how far it is.")
    except services.IsPaused:
        messages.error(request, "The connection is paused. Resume it first.")
    except (services.NoAccount, NothingToFetch):
        messages.error(request, "There are no credentials to ask with.")
    else:
        wake_fetcher(visit.clinic.id, pull_id)
        messages.success(request, f"{line.title} is asked for its calls. You may close this page.")
    return go_to(_address_of(line))


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def stop_backfill(request: HttpRequest, visit: Visit, connection_id: uuid.UUID, pull_id: uuid.UUID) -> HttpResponse:
    """What was fetched stays."""
    line = _find(visit, connection_id)
    try:
        services.stop_pull(clinic_id=visit.clinic.id, pull_id=pull_id, now=timezone.now(), actor=visit.actor)
    except services.UnknownPull as error:
        raise Http404 from error
    return say_and_go_to(request, _address_of(line), "Stopped. What was fetched stays.")


def _show(
    request: HttpRequest, visit: Visit, line: ConnectionLine, form: BackfillForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        **SECTION,
        **_pulls(visit, line),
        "account": find_account(visit.clinic, line.id),
        "form": form,
    }
    return render(request, "settings/connection_account.html", context, status=status)


def _pulls(visit: Visit, line: ConnectionLine) -> dict[str, object]:
    pulls = list_pulls(visit.clinic, line.id)
    return {
        "connection": line,
        "pulls": pulls,
        "is_fetching": any(pull.is_unfinished for pull in pulls),
        "may_manage": Permission.MANAGE_CONNECTIONS in visit.may,
    }


def _find(visit: Visit, connection_id: uuid.UUID) -> ConnectionLine:
    line = find_line(visit.clinic, connection_id)
    if line is None or line.provider not in PULLERS:
        raise Http404
    return line


def _address_of(line: ConnectionLine) -> str:
    return reverse("settings_connection_account", args=[line.id])
