"""What platform staff sees of a clinic's phone systems and work: how they are and how many, never what about."""

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from calls import intake, services
from calls.models import Change
from retention.selectors import count_set_aside
from tenants.domain import ClinicFacts
from tenants.events import Actor, ActorKind
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.calls.factories import PATIENT, make_event
from tests.tenants.factories import bright_smile, oak_street, platform_staff
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db
WORK = "/admin/calls/change/"
CONNECTIONS = "/admin/calls/connection/"
SECRET = "a-twilio-auth-token"
LISTS = ("", "trail/", "tenants/clinic/", "tenants/user/", "tenants/membership/", "calls/connection/", "calls/change/",
         "retention/purgerun/")  # fmt: skip
FORBIDDEN = re.compile(r"\b(calls?|callers?|called|appointments?|patients?)\b", re.IGNORECASE)


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def staff() -> Client:
    return client_of(platform_staff())


def connect(clinic: ClinicFacts) -> services.NewConnection:
    return services.add_connection(
        clinic_id=clinic.id, provider="twilio", name="Main line", secret=SECRET, now=timezone.now()
    )


def set_aside(clinic: ClinicFacts, count: int = 1) -> list[int]:
    now = timezone.now()
    with as_clinic(clinic.id):
        return [
            Change.objects.create(
                clinic_id=clinic.id, caller=uuid.uuid4(), tries=3, set_aside_at=now, problem="ValueError"
            ).pk
            for _ in range(count)
        ]


def trail(clinic: ClinicFacts) -> list[tuple[str, str]]:
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(action__startswith="work_").order_by("seq")
        return [(row.action, row.actor_kind) for row in rows]


def test_connections_are_shown_for_the_chosen_clinic_only(staff: Client, clinic: ClinicFacts) -> None:
    made = connect(clinic)
    oak_street()
    services.count_refusal(
        clinic_id=clinic.id, source="twilio", reason="signature", now=timezone.now(), connection_id=made.id
    )
    page = staff.get(f"{CONNECTIONS}?clinic=bright-smile").content.decode()
    assert "Main line" in page
    assert "never" in page
    assert "1 × wrong signature" in page
    assert not {SECRET, made.token} & set(re.split(r"\W", page))
    for address in (CONNECTIONS, f"{CONNECTIONS}?clinic=oak-street", f"{CONNECTIONS}?clinic=nowhere"):
        assert "Main line" not in staff.get(address).content.decode()


def test_a_connection_cannot_be_opened_or_changed(staff: Client, clinic: ClinicFacts) -> None:
    made = connect(clinic)
    for page in (f"{CONNECTIONS}{made.id}/change/", f"{CONNECTIONS}{made.id}/delete/"):
        assert staff.get(f"{page}?clinic=bright-smile").status_code in (302, 403)
        assert staff.post(page, {"post": "yes"}).status_code in (302, 403)
    assert staff.get(f"{CONNECTIONS}add/").status_code == 403


def test_work_is_counted_for_each_clinic_that_has_any(staff: Client, clinic: ClinicFacts) -> None:
    oak_street()
    set_aside(clinic, 2)
    with as_clinic(clinic.id):
        Change.objects.create(clinic_id=clinic.id, caller=uuid.uuid4())
    page = staff.get(WORK).content.decode()
    assert re.search(r"Bright Smile</a></th><td>1</td><td>\d[^<]+</td><td>2</td>", page)
    assert "Oak Street</a></th>" not in page
    assert "ValueError" not in page  # rows are for a chosen clinic
    assert "ValueError" in staff.get(f"{WORK}?clinic=bright-smile").content.decode()


def test_no_work_says_so(staff: Client) -> None:
    assert "No work waits." in staff.get(WORK).content.decode()


def test_failed_work_is_tried_again(staff: Client, clinic: ClinicFacts) -> None:
    first, second = set_aside(clinic, 2)
    assert count_set_aside() == 2
    staff.post(f"{WORK}?clinic=bright-smile", {"action": "try_again", "_selected_action": [first]})
    with as_clinic(clinic.id):
        row = Change.objects.get(pk=first)
        assert (row.set_aside_at, row.not_before, row.tries, row.problem) == (None, None, 0, "")
        assert Change.objects.get(pk=second).set_aside_at is not None
    assert count_set_aside() == 1
    assert trail(clinic) == [("work_retried", "staff")]


def test_giving_up_asks_first(staff: Client, clinic: ClinicFacts) -> None:
    ids = set_aside(clinic, 2)
    chosen = {"action": "give_up", "_selected_action": ids}
    page = staff.post(f"{WORK}?clinic=bright-smile", chosen)
    assert "2 pieces of work will be deleted" in page.content.decode()
    assert (count_set_aside(), trail(clinic)) == (2, [])
    staff.post(f"{WORK}?clinic=bright-smile", chosen | {"confirmed": "yes"})
    assert (count_set_aside(), trail(clinic)) == (0, [("work_given_up", "staff")])


def test_only_what_was_set_aside_in_that_clinic_is_touched(staff: Client, clinic: ClinicFacts) -> None:
    other = oak_street()
    theirs = set_aside(other)
    with as_clinic(clinic.id):
        waiting = Change.objects.create(clinic_id=clinic.id, caller=uuid.uuid4()).pk
    for action in ("try_again", "give_up"):
        chosen = {"action": action, "_selected_action": [*theirs, waiting], "confirmed": "yes"}
        for address in (f"{WORK}?clinic=bright-smile", WORK, f"{WORK}?clinic=nowhere"):
            staff.post(address, chosen)
    assert count_set_aside() == 1
    assert (trail(clinic), trail(other)) == ([], [])


def test_the_services_too_touch_only_what_was_set_aside(clinic: ClinicFacts) -> None:
    with as_clinic(clinic.id):
        waiting = Change.objects.create(clinic_id=clinic.id, caller=uuid.uuid4(), tries=1).pk
    actor = Actor(ActorKind.STAFF)
    assert services.retry_work(clinic_id=clinic.id, ids=[waiting], actor=actor) == 0
    assert services.give_up_work(clinic_id=clinic.id, ids=[waiting], actor=actor) == 0
    with as_clinic(clinic.id):
        assert Change.objects.get(pk=waiting).tries == 1
    assert trail(clinic) == []


def test_who_may_only_look_does_neither(clinic: ClinicFacts) -> None:
    ids = set_aside(clinic)
    helper = client_of(platform_staff("helper@ringback.example", is_superuser=False))
    answer = helper.post(f"{WORK}?clinic=bright-smile", {"action": "try_again", "_selected_action": ids})
    assert answer.status_code == 403
    assert count_set_aside() == 1


def test_no_page_shows_or_speaks_of_what_patients_do(staff: Client, clinic: ClinicFacts) -> None:
    connect(clinic)
    set_aside(clinic)
    event = make_event("CA1", timezone.now(), PATIENT, line="New people")
    (receipt,) = intake.record_events(clinic=clinic, events=[event], now=timezone.now())
    for page in LISTS:
        for query in ("", "?clinic=bright-smile"):
            answer = staff.get(f"/admin/{page}{query}")
            if answer.status_code == 400:
                continue  # a page that offers no such filter
            html = answer.content.decode()
            assert str(receipt.caller) not in html
            assert str(receipt.id) not in html
            assert "New people" not in html
            text = re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL)
            assert not FORBIDDEN.findall(text), (page, FORBIDDEN.findall(text))
