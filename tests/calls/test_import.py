"""Importing calls: all of a file, in batches, the same the second time, and nothing of what it must not keep."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls import batches, bulk, imports
from calls.domain import CallerKind, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.formats import ReadRow
from calls.models import CallerHash
from calls.partitions import week_of
from calls.reports import ImportReport
from tenants.scope import as_clinic
from tests.calls.factories import PATIENT, make_clinic, make_event, stored_calls
from tests.calls.imported import caller_of, changes, contents, minutes, number, take_in, take_in_sample

NOW = timezone.now()
BAD = Refused(RefusalReason.UNREADABLE, "outcome is none of answered, missed and voicemail", "outcome")


def events(count: int, start: datetime = NOW - timedelta(days=2), prefix: str = "K") -> list[CallEvent]:
    return [make_event(f"{prefix}{one}", start + minutes(one), number(one % 40)) for one in range(count)]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 10)


@pytest.mark.django_db
def test_it_stores_a_real_phone_systems_records() -> None:
    clinic = make_clinic(NOW)
    report = take_in_sample(clinic, NOW)
    assert (report.read, report.lines, report.stored, report.refused) == (174, 218, 174, {})
    stored = stored_calls(clinic)
    assert len(stored) == 174
    assert {call.source for call in stored} == {"asterisk"}
    assert stored[-1].started_at == NOW
    inbound = [call for call in stored if call.direction == Direction.INBOUND]
    assert {Outcome.MISSED, Outcome.ANSWERED} <= {call.outcome for call in inbound}


@pytest.mark.django_db
def test_running_it_again_changes_nothing() -> None:
    clinic = make_clinic(NOW)
    take_in_sample(clinic, NOW)
    before, work = contents(clinic), len(changes(clinic))
    report = take_in_sample(clinic, NOW + minutes(5), newest=NOW)
    assert (report.stored, report.merged, report.duplicate) == (0, 0, 174)
    assert contents(clinic) == before
    assert len(changes(clinic)) == work


@pytest.mark.django_db
@pytest.mark.parametrize("is_repeated", [False, True])
@pytest.mark.parametrize(
    "more",
    [{"ring_seconds": 9}, {"line": "Front desk"}, {"talk_seconds": 5}, {"outcome": Outcome.VOICEMAIL}],
)
def test_what_a_second_file_knows_better_is_merged(more: dict[str, Any], is_repeated: bool) -> None:
    clinic = make_clinic(NOW)
    at = NOW - minutes(9)
    plain, better = make_event("K", at, ring_seconds=None), make_event("K", at, **{"ring_seconds": None, **more})
    take_in(clinic, [plain], NOW)
    events = [plain, better, plain] if is_repeated else [better]
    assert take_in(clinic, events, NOW, dry_run=True).merged == 1
    report = take_in(clinic, events, NOW)
    assert (report.stored, report.merged, report.duplicate) == (0, 1, len(events) - 1)
    [call] = stored_calls(clinic)
    assert {name: getattr(call, name) for name in more} == more
    assert take_in(clinic, [better], NOW).duplicate == 1


@pytest.mark.django_db
def test_a_file_can_be_imported_into_a_week_that_nobody_made() -> None:
    then = NOW - timedelta(days=300)  # not made by any migration
    clinic = make_clinic(then)
    assert take_in(clinic, [make_event("K", then - timedelta(days=9))], then).stored == 1


@pytest.mark.django_db
def test_records_that_were_moved_a_little_further_are_the_same_calls() -> None:
    clinic = make_clinic(NOW)
    take_in_sample(clinic, NOW)
    before = contents(clinic)
    assert take_in_sample(clinic, NOW + minutes(40)).duplicate == 174
    assert contents(clinic) == before


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_a_dry_run_stores_nothing_and_reports_the_same() -> None:
    clinic = make_clinic(NOW)
    again = [make_event("K3", NOW - timedelta(days=2) + minutes(4), number(3), Outcome.ANSWERED, talk_seconds=9)]
    lines: list[CallEvent | Refused] = [*events(25), BAD, *again, *again]
    rehearsed = take_in(clinic, lines, NOW, dry_run=True)
    assert (stored_calls(clinic), changes(clinic)) == ([], [])
    with as_clinic(clinic.id):
        assert not CallerHash.objects.exists()
    told = rehearsed.as_json()
    assert (told["stored"], told["merged"], told["duplicate"]) == (25, 1, 1)
    assert take_in(clinic, lines, NOW).as_json() == told | {"dry_run": False}
    known = take_in(clinic, lines, NOW, dry_run=True)
    assert (known.stored, known.merged, known.duplicate) == (0, 0, 27)


@pytest.mark.django_db
def test_a_dry_run_remembers_what_it_would_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 1)
    clinic = make_clinic(NOW)
    at = NOW - minutes(9)
    take_in(clinic, [make_event("K", at)], NOW)
    answered = make_event("K", at, outcome=Outcome.ANSWERED, talk_seconds=30)
    rehearsed = take_in(clinic, [answered, answered, make_event("K", at), answered], NOW, dry_run=True)
    assert (rehearsed.merged, rehearsed.duplicate) == (1, 3)


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_bad_lines_are_counted_and_named_and_nothing_stops() -> None:
    clinic = make_clinic(NOW)
    good = iter(events(30))
    lines: list[CallEvent | Refused] = []
    for place in range(36):
        lines.append(BAD if place % 6 == 5 else next(good))
    lines += [
        make_event("old", NOW - timedelta(days=91)),
        make_event("early", NOW + minutes(6)),
        make_event("07700 900123", NOW - minutes(1)),
        make_event("line", NOW - minutes(1), line="line 07700 900123"),
    ]
    report = take_in(clinic, lines, NOW)
    assert (report.read, report.stored, report.refused_count) == (40, 30, 10)
    assert report.refused["unreadable"].lines == [6, 12, 18, 24, 30, 36]
    assert report.refused["unreadable"].details == [BAD.detail]
    assert {reason: found.lines for reason, found in report.refused.items() if reason != "unreadable"} == {
        "too_old": [37],
        "in_future": [38],
        "identifier_contains_number": [39],
        "label_contains_number": [40],
    }


@pytest.mark.django_db
def test_a_line_that_is_good_for_one_call_may_tell_the_number_of_another() -> None:
    """Somebody chose the column of numbers as the line: local ones are short."""
    clinic = make_clinic(NOW)
    lines = [
        make_event("a", NOW - minutes(2), "01202 555666", line="794600"),
        make_event("b", NOW - minutes(1), "01202 794600", line="794600"),
    ]
    report = take_in(clinic, lines, NOW)
    assert (report.stored, report.refused["label_contains_number"].lines) == (1, [2])


@pytest.mark.django_db
def test_a_file_of_bad_lines_only_is_an_import_of_nothing() -> None:
    clinic = make_clinic(NOW)
    report = take_in(clinic, [BAD] * 70, NOW)
    assert (report.read, report.stored, report.refused["unreadable"].count) == (70, 0, 70)
    assert report.refused["unreadable"].lines == list(range(1, 21))


@pytest.mark.django_db
def test_an_empty_file_is_an_import_of_nothing() -> None:
    assert take_in(make_clinic(NOW), [], NOW).as_json()["read"] == 0


@pytest.mark.django_db
def test_times_are_moved_before_anything_is_judged_by_them() -> None:
    clinic = make_clinic(NOW)
    long_ago = NOW - timedelta(days=3000)
    assert take_in(clinic, events(3, long_ago), NOW).refused["too_old"].count == 3
    report = take_in(clinic, events(3, long_ago), NOW, shift=timedelta(days=2999))
    assert report.stored == 3
    assert [call.started_at for call in stored_calls(clinic)] == [
        NOW - timedelta(days=1) + minutes(one) for one in range(3)
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_all_spellings_of_a_number_are_one_caller_and_strangers_are_not() -> None:
    clinic = make_clinic(NOW)
    spellings = ["+447700900123", "07700 900123", "00447700900123", "tel:+44-7700-900123", "07700900123"]
    others = ["anonymous", None, "", "101", "door", "+447700900124"]
    lines = [make_event(f"S{place}", NOW - minutes(place + 1), text) for place, text in enumerate(spellings * 5)]
    lines += [make_event(f"O{place}", NOW - minutes(place + 40), text) for place, text in enumerate(others)]
    take_in(clinic, lines, NOW)
    stored = stored_calls(clinic)
    ours = [call for call in stored if call.caller == caller_of(clinic, PATIENT, NOW)]
    assert len(ours) == 25
    assert sorted(call.kind for call in stored if call not in ours) == [
        CallerKind.NOT_A_PERSON, CallerKind.NOT_A_PERSON, CallerKind.WITHHELD, CallerKind.WITHHELD,
        CallerKind.WITHHELD, CallerKind.CALLER,
    ]  # fmt: skip


@pytest.mark.django_db
def test_numbers_without_a_country_are_read_in_the_files_region() -> None:
    clinic = make_clinic(NOW)
    take_in(clinic, [make_event("A", NOW - minutes(1), "212-555-0123")], NOW, region="US")
    assert caller_of(clinic, "+12125550123", NOW) == stored_calls(clinic)[0].caller


@pytest.mark.django_db
def test_a_caller_is_found_again_under_the_keys_of_other_weeks() -> None:
    clinic = make_clinic(NOW)
    then = NOW - timedelta(days=20)
    take_in(clinic, events(3, then - minutes(60)), then)
    take_in(clinic, [*events(3, NOW - minutes(60), "L"), make_event("new", NOW, number(77))], NOW)
    stored = stored_calls(clinic)
    assert len({call.caller for call in stored}) == 4
    with as_clinic(clinic.id):
        weeks = CallerHash.objects.values_list("week", flat=True)
        assert sorted(weeks) == [week_of(then)] * 3 + [week_of(NOW)] * 4


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_there_is_a_work_row_for_each_caller_and_for_each_day_without_one() -> None:
    clinic = make_clinic(NOW, timezone="Pacific/Auckland")
    lines = [*events(60), make_event("W1", NOW - timedelta(days=9), None), make_event("W2", NOW - minutes(3), None)]
    lines.append(make_event("ringing", NOW, number(99), Outcome.RINGING))
    take_in(clinic, lines, NOW)
    rows = changes(clinic)
    assert sorted((row.on for row in rows if row.caller is None), key=str) == [
        (NOW - back).astimezone(clinic.zone).date() for back in (timedelta(days=9), minutes(3))
    ]
    callers = [row.caller for row in rows if row.caller is not None]
    assert len(callers) == len(set(callers)) == 40


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_the_work_is_held_back_until_the_import_ends() -> None:
    clinic = make_clinic(NOW)
    seen: list[set[datetime | None]] = []

    def look(report: ImportReport) -> None:
        seen.append({row.not_before for row in changes(clinic)})

    rows: Iterator[ReadRow[CallEvent]] = (ReadRow(line, event) for line, event in enumerate(events(25), 1))
    imports.import_calls(clinic=clinic, events=rows, options=imports.ImportOptions("GB"), now=NOW, progress=look)
    assert len(seen) == 3
    assert all(len(marks) == 1 and min(mark for mark in marks if mark) >= NOW + minutes(15) for marks in seen)
    assert {row.not_before for row in changes(clinic)} == {None}


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_a_long_import_goes_on_holding_its_work_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = make_clinic(NOW)
    clock = itertools.count(1_000_000.0, 360.0)  # six minutes pass with every look at it
    monkeypatch.setattr("calls.holds.time.time", lambda: next(clock))
    seen: list[tuple[datetime, int]] = []

    def look(report: ImportReport) -> None:
        rows = changes(clinic)
        [mark] = {row.not_before for row in rows}
        assert mark is not None
        seen.append((mark, len(rows)))

    rows = (ReadRow(line, event) for line, event in enumerate(events(60), 1))
    imports.import_calls(clinic=clinic, events=rows, options=imports.ImportOptions("GB"), now=NOW, progress=look)
    assert [mark - seen[0][0] > minutes(5 * place) for place, (mark, _) in enumerate(seen) if place] == [True] * 5
    assert seen[-1][1] == 40
    assert {row.not_before for row in changes(clinic)} == {None}


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_work_that_came_free_during_a_pause_is_left_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = make_clinic(NOW)
    clock = itertools.chain([0.0, 1.0, 2.0], itertools.repeat(3600.0))  # the machine slept for an hour
    monkeypatch.setattr("calls.holds.time.time", lambda: next(clock))
    lines = [make_event(f"P{place}", NOW - minutes(place), number(place % 10)) for place in range(30)]
    take_in(clinic, lines, NOW)
    assert len(changes(clinic)) == 20


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_a_batch_that_fails_leaves_nothing_and_what_came_before_is_attributed(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = make_clinic(NOW)
    real, calls = bulk.hold_changes, itertools.count(1)

    def fail_the_third_time(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        if next(calls) == 3:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(bulk, "hold_changes", fail_the_third_time)
    with pytest.raises(RuntimeError, match="disk"):
        take_in(clinic, events(50), NOW)
    assert len(stored_calls(clinic)) == 20
    with as_clinic(clinic.id):
        assert CallerHash.objects.count() == 20
    rows = changes(clinic)
    assert len(rows) == 20
    assert {row.not_before for row in rows} == {None}


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
def test_a_file_that_breaks_off_leaves_what_was_read_before() -> None:
    clinic = make_clinic(NOW)

    def breaking() -> Iterator[ReadRow[CallEvent]]:
        yield from (ReadRow(line, event) for line, event in enumerate(events(25), 1))
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        imports.import_calls(clinic=clinic, events=breaking(), options=imports.ImportOptions("GB"), now=NOW)
    assert len(stored_calls(clinic)) == 20
    assert {row.not_before for row in changes(clinic)} == {None}


@pytest.mark.django_db
def test_another_clinic_sees_and_shares_nothing() -> None:
    ours, theirs = make_clinic(NOW), make_clinic(NOW, "Oak Street")
    take_in(theirs, events(10), NOW)
    before, work = contents(theirs), changes(theirs)
    take_in(ours, events(10), NOW)
    assert (contents(theirs), changes(theirs)) == (before, work)
    assert not {call.caller for call in stored_calls(ours)} & {call.caller for call in stored_calls(theirs)}
    assert not {call.id for call in stored_calls(ours)} & {call.id for call in stored_calls(theirs)}


@pytest.mark.django_db
def test_a_batch_shows_no_number() -> None:
    batch = batches.Batch()
    batch.e164s[b"hash"] = PATIENT
    assert "7700" not in repr(batch)
    with pytest.raises(TypeError, match="stays in this process"):
        batch.__reduce_ex__(4)
