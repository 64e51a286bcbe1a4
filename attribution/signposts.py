"""Where what is in the product: its pages, with the words by which somebody would look for them. Pure.

A page is offered to those only who may see it; the words are in both kinds of English.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Signpost:
    """`page` is the name of its address; `words` are what it is about, in lower case."""

    page: str
    title: str
    permission: Permission
    words: str


SIGNPOSTS: Sequence[Signpost] = (
    Signpost("worklist", "Worklist", Permission.SEE_WORK,
             "waiting callers callback call back ring missed claim dismiss"),
    Signpost("dashboard", "Dashboard", Permission.SEE_FIGURES,
             "figures charts revenue recovered funnel trend heat goal"),
    Signpost("opportunities", "Missed callers", Permission.SEE_WORK,
             "opportunities missed lapsed reached recovered list"),
    Signpost("calls", "Calls", Permission.SEE_WORK, "call log history voicemail answered line"),
    Signpost("appointments", "Appointments", Permission.SEE_WORK, "bookings verdict reason counted cancelled canceled"),
    Signpost("reports", "Reports", Permission.SEE_FIGURES, "monthly month pdf csv print report group"),
    Signpost("group", "All clinics", Permission.SEE_FIGURES, "group several clinics compare owner"),
    Signpost("settings_goals", "Goals", Permission.SEE_SETTINGS,
             "settings targets progress in time recovered per month"),
    Signpost("start", "Getting started", Permission.CHANGE_SETTINGS, "checklist first steps set up guide onboarding"),
    Signpost("settings_clinic", "Clinic", Permission.SEE_SETTINGS,
             "settings name time zone timezone region currency retention details goal"),
    Signpost("settings_hours", "Opening hours", Permission.SEE_SETTINGS,
             "settings week open closed out of hours times"),
    Signpost("settings_rules", "Rules", Permission.SEE_SETTINGS, "settings attribution windows talk seconds version"),
    Signpost("settings_values", "Values", Permission.SEE_SETTINGS,
             "settings prices estimates money appointment types worth"),
    Signpost("settings_connections", "Connections", Permission.SEE_CONNECTIONS,
             "settings phone system telephone pbx twilio aircall webhook secret provider"),
    Signpost("settings_bookings", "Booking systems", Permission.SEE_CONNECTIONS,
             "settings practice management dentally cliniko calendly open dental diary schedule"),
    Signpost("settings_webhooks", "Webhooks", Permission.SEE_CONNECTIONS,
             "settings outgoing messages zapier chat events"),
    Signpost("settings_import", "Imports", Permission.SEE_CONNECTIONS,
             "settings csv file upload history columns report"),
    Signpost("settings_people", "People", Permission.SEE_PEOPLE,
             "settings members staff invite roles admin colleagues"),
    Signpost("settings_keys", "API keys", Permission.SEE_KEYS, "settings programs integration token scope revoke"),
    Signpost("settings_security", "Security", Permission.SEE_SECURITY, "settings passwords two factors support access"),
    Signpost("settings_audit", "Audit trail", Permission.SEE_AUDIT, "settings record who did what export proof events"),
    Signpost("summaries", "E-mail summaries", Permission.SEE_WORK,
             "mail digest daily weekly monthly notifications email"),
    Signpost("about", "About Ringback", Permission.SEE_WORK,
             "version status help keyboard keys licences licenses privacy"),
)  # fmt: skip


def find_signposts(text: str, may: Collection[Permission]) -> list[Signpost]:
    """Those of which every word of the text begins a word; titles that fit come first."""
    wanted = text.casefold().replace("-", " ").split()
    if not wanted:
        return []
    allowed = [one for one in SIGNPOSTS if one.permission in may]
    by_title = [one for one in allowed if _fits(wanted, one.title)]
    return by_title + [one for one in allowed if one not in by_title and _fits(wanted, f"{one.title} {one.words}")]


def _fits(wanted: Sequence[str], about: str) -> bool:
    known = about.casefold().replace("-", " ").split()
    return all(any(word.startswith(part) for word in known) for part in wanted)
