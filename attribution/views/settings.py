"""The settings pages of attribution: the rules with their preview, and what types of appointments are worth."""

import uuid
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attribution import selectors, services
from attribution.forms.settings import RulesForm, ValueForm
from attribution.rule_words import describe, differences
from attribution.rules import EPOCH
from tenants.access import Visit, clinic_page
from tenants.pages import say_and_go_to
from tenants.permissions import Permission

CONFLICT = (
    "Somebody else has put other rules in force meanwhile. Nothing of yours was saved: look at theirs, and preview"
    " again what you want."
)


@require_GET
@clinic_page(Permission.SEE_SETTINGS)
def show_rules(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The rules in force, those before them, and the form for others; the auditor sees no form."""
    return _show_rules(request, visit, RulesForm(services.current_rules(visit.clinic.id)))


@require_GET
@clinic_page(Permission.CHANGE_SETTINGS)
def preview_rules(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What other rules would have made of the last weeks; saves nothing, so it is asked for like a page."""
    current = services.current_rules(visit.clinic.id)
    form = RulesForm(current, request.GET)
    if not form.is_valid():
        return _show_rules(request, visit, form, status=HTTPStatus.BAD_REQUEST)
    context = {
        "section": "settings",
        "clinic": visit.clinic,
        "form": form,
        "version": current.version,
        "differences": differences(current, form.wanted()),
        "preview": _preview(visit, form),
    }
    return render(request, "settings/rules_preview.html", context)


@require_POST
@clinic_page(Permission.CHANGE_SETTINGS)
def change_rules(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Puts what was previewed in force; 409 when the rules are not those any more that the person looked at."""
    form = RulesForm(services.current_rules(visit.clinic.id), request.POST)
    if not form.is_valid():
        return _show_rules(request, visit, form, status=HTTPStatus.BAD_REQUEST)
    seen = form.cleaned_data["version"]
    try:
        made = services.set_rules(
            clinic_id=visit.clinic.id, rules=form.wanted(), now=timezone.now(), seen_version=seen, actor=visit.actor
        )
    except services.RulesConflict:
        newest = services.current_rules(visit.clinic.id)
        again = RulesForm(newest, {**request.POST.dict(), "version": newest.version})
        return _show_rules(request, visit, again, problem=CONFLICT, status=HTTPStatus.CONFLICT)
    is_new = made.version != seen
    done = f"Version {made.version} is in force from now on." if is_new else "Nothing to change."
    return say_and_go_to(request, "settings_rules", done)


@require_GET
@clinic_page(Permission.SEE_SETTINGS)
def show_values(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The values, and the types that have none."""
    context = {
        "section": "settings",
        "clinic": visit.clinic,
        "values": selectors.list_values(visit.clinic.id),
        "unvalued": selectors.list_unvalued_types(visit.clinic, timezone.now()),
        "may_change": Permission.CHANGE_SETTINGS in visit.may,
    }
    return render(request, "settings/values.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def add_value(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?code=` fills in a type that was seen."""
    data = request.POST if request.method == "POST" else None
    form = ValueForm(visit.clinic.currency, data, is_new=True, initial=_seen_type(request))
    if form.is_valid():
        try:
            services.add_value(clinic_id=visit.clinic.id, **form.cleaned_data, actor=visit.actor)
        except services.BadValue as problem:
            form.refuse(problem)
        else:
            return say_and_go_to(request, "settings_values", "Added. It holds for recoveries from now on.")
    return _show_value(request, form, {})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def change_value(request: HttpRequest, visit: Visit, value_id: uuid.UUID) -> HttpResponse:
    """404 for a value of nobody's or another clinic's."""
    known = _get_value(visit, value_id)
    data = request.POST if request.method == "POST" else None
    form = ValueForm(visit.clinic.currency, data, is_new=False, initial={"name": known.name, "value": known.value})
    if form.is_valid():
        try:
            is_new = services.change_value(
                clinic_id=visit.clinic.id, value_id=value_id, **form.cleaned_data, actor=visit.actor
            )
        except services.BadValue as problem:
            form.refuse(problem)
        else:
            done = "Saved. It holds for recoveries from now on." if is_new else "Nothing to change."
            return say_and_go_to(request, "settings_values", done)
    return _show_value(request, form, {"known": known})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def remove_value(request: HttpRequest, visit: Visit, value_id: uuid.UUID) -> HttpResponse:
    """Asks first."""
    known = _get_value(visit, value_id)
    if request.method != "POST":
        context = {"section": "settings", "known": known, "clinic": visit.clinic}
        return render(request, "settings/value_remove.html", context)
    services.remove_value(clinic_id=visit.clinic.id, value_id=value_id, actor=visit.actor)
    return say_and_go_to(request, "settings_values", "Removed.")


def _show_rules(
    request: HttpRequest, visit: Visit, form: RulesForm, *, problem: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    versions = services.list_rules(visit.clinic.id)
    history = [
        (after, None if after.in_force_from == EPOCH else after.in_force_from, differences(before, after))
        for before, after in zip((versions[0], *versions), versions, strict=False)
    ]
    context = {
        "section": "settings",
        "rules": describe(versions[-1]),
        "version": versions[-1].version,
        "history": history[::-1],
        "form": form,
        "problem": problem,
        "may_change": Permission.CHANGE_SETTINGS in visit.may,
    }
    return render(request, "settings/rules.html", context, status=status)


def _preview(visit: Visit, form: RulesForm) -> object:
    """None when it takes too long: the rules can be put in force without."""
    try:
        return services.preview_rules(clinic_id=visit.clinic.id, rules=form.wanted(), now=timezone.now())
    except services.PreviewTooSlow:
        return None


def _get_value(visit: Visit, value_id: uuid.UUID) -> selectors.TypeValue:
    try:
        return selectors.get_value(visit.clinic.id, value_id)
    except selectors.UnknownValue as error:
        raise Http404 from error


def _seen_type(request: HttpRequest) -> dict[str, str]:
    code = request.GET.get("code", "")
    return {"code": code, "name": code[:1].upper() + code[1:]}


def _show_value(request: HttpRequest, form: ValueForm, context: dict[str, object]) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(
        request, "settings/value_change.html", {"section": "settings", "form": form, **context}, status=status
    )
