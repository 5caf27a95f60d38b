"""复核: which passed verifications are looked at a second time, who may do it, and what he must not be shown before.

The lot. Verification n of a case is drawn when HMAC(key "second_check", public id of the case : n) modulo 100 is below
the share in force (`SECOND_CHECK_PERCENT`, never below 10). Nobody without the key can foresee it; whoever holds the
key can prove afterwards that nothing was picked (`ticket`, with the share kept on the row). Beside the lot, always: a
case that was reopened; one whose photo "afterwards" is doubtful; every case of a unit of whose last second checks more
than 20 % failed (at least ten of them, in 180 days; the rule ends by itself when they pass again); and, so that small
units are covered, the verification of a unit of whose nine before none was drawn: of each ten in a row at least one
is. Which of its cases were drawn a unit does not see before the answer, so that it cannot count.

The blindness. Until the answer is in, whoever may give it is shown neither the first answer nor its note, its photos
(kind "check") or its author; that goes for pages, API and the photos themselves, which all read through here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from wangge.domains.cases.models import Case, CasePhoto, SecondCheck, TimelineEntry, Verification
from wangge.domains.cases.surroundings import surround
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import crypto

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from wangge.foundation.accounts.authority import Authority

LEAST_PERCENT = 10
DAYS = 15  # as long as a reporter may object: after that the case is archived
IN_A_ROW = 10  # of so many verifications of one unit at least one is drawn
BAND_DAYS, BAND_LEAST, BAND = 180, 10, 0.20
VERBS = frozenset({"pass_second_check", "fail_second_check"})
SHOWN_UP_TO = 99
_PURPOSE = "second_check"
_FIRST_ANSWER = frozenset({"verify", "pass_spot_check"})  # timeline rows
_UNANSWERED = Q(at__isnull=True, lapsed_at__isnull=True)


def ticket(case: Case, nth: int) -> int:
    """The lot of the n-th verification of a case: 0 to 99, drawn when it is below the share in force."""
    return crypto.blind(f"{case.public_id}:{nth}", purpose=_PURPOSE) % 100


def is_above_band(unit_id: int, *, at: dt.datetime) -> bool:
    """Whether so many of a unit's second checks failed that each of its verifications is now looked at twice."""
    recent = SecondCheck.objects.filter(unit_id=unit_id, at__gt=at - dt.timedelta(days=BAND_DAYS), at__lte=at)
    counted = recent.aggregate(done=Count("pk"), failed=Count("pk", filter=Q(passed=False)))
    done, failed = int(counted["done"]), int(counted["failed"])
    return done >= BAND_LEAST and failed > BAND * done


def is_its_turn(unit_id: int, verification: Verification) -> bool:
    """Whether nine passed verifications of the unit before this one were all left undrawn."""
    before = Verification.objects.filter(passed=True, handling__unit_id=unit_id, pk__lt=verification.pk)
    drawn = list(before.order_by("-pk").values_list("second_check", flat=True)[: IN_A_ROW - 1])
    return len(drawn) == IN_A_ROW - 1 and not any(drawn)


# One case -------------------------------------------------------------------------------------------------------------


def open_check(case: Case) -> SecondCheck | None:
    """The second check that waits for its answer; read once for each object of a case."""
    if not hasattr(case, "_open_second_check"):
        found = SecondCheck.objects.filter(_UNANSWERED, case=case).select_related("verification").first()
        case._open_second_check = found  # type: ignore[attr-defined]  # noqa: SLF001 — a memo on the object
    return case._open_second_check  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001


def is_blind(case: Case, user: Any) -> bool:
    """Whether the first answer is hidden from this person: he may give the second. Nobody in particular: hidden."""
    check = open_check(case)
    if check is None:
        return False
    if getattr(user, "pk", None) is None:
        return True
    return check.verification.by_id != user.pk and _may_check(authority_of(user), case)


def may_answer(case: Case, user: Any) -> bool:
    """Whether a second check waits for this person's answer; his own or his unit's work is judged elsewhere."""
    check = open_check(case)
    return check is not None and check.verification.by_id != getattr(user, "pk", None)


def has_verified(case: Case, user: Any) -> bool:
    """Whether this person found the result good that an objection now disputes."""
    passed = Verification.objects.filter(case=case, passed=True).order_by("-pk").values_list("by_id", flat=True)
    return getattr(user, "pk", None) in passed[:1]


def _may_check(authority: Authority, case: Case) -> bool:
    return authority.may(P.CASE_SECOND_CHECK, area_path=case.area_path)


def shown_rows(case: Case, rows: list[TimelineEntry], user: Any) -> list[TimelineEntry]:
    """The rows of a timeline that this person may read now."""
    if not any(row.verb in _FIRST_ANSWER for row in rows) or not is_blind(case, user):
        return rows
    check = open_check(case)
    since = check.verification.at if check is not None else None
    return [row for row in rows if row.verb not in _FIRST_ANSWER or row.at != since]


def shown_photos(case: Case, photos: list[CasePhoto], user: Any) -> list[CasePhoto]:
    """The photos that this person may see now."""
    if not any(photo.kind == CasePhoto.Kind.CHECK for photo in photos) or not is_blind(case, user):
        return photos
    return [photo for photo in photos if photo.kind != CasePhoto.Kind.CHECK]


def shown_verifications(case: Case, verifications: list[Verification], user: Any) -> list[Verification]:
    """The verifications that this person may read now."""
    if not verifications or not is_blind(case, user):
        return verifications
    check = open_check(case)
    return [held for held in verifications if check is None or held.pk != check.verification_id]


def of_case(case: Case, user: Any) -> list[SecondCheck]:
    """The second checks of a case that the caller was allowed to read, oldest first.

    One that waits is shown only to those who may answer it, lead or inspect: never to the unit whose work it is.
    """
    found = case.second_checks.select_related("by", "unit", "verification__by").order_by("id")
    authority = authority_of(user)
    knows = any(authority.may(held, area_path=case.area_path) for held in _KNOWS_OF_OPEN_ONES)
    return [check for check in found if not check.is_open or knows]


_KNOWS_OF_OPEN_ONES = (P.CASE_SECOND_CHECK, P.CASE_JUDGE, P.CASE_SUPERVISE, P.CASE_INSPECT)


# Lists ----------------------------------------------------------------------------------------------------------------


def waiting(user: Any, *, after: tuple[dt.datetime, int] | None = None, limit: int = 50) -> list[SecondCheck]:
    """Second checks that wait for this person, next due first; `after` is (due, id) of the last one shown."""
    found = _waiting(user)
    if after is not None:
        due, pk = after
        found = found.filter(due_at__gte=due).filter(Q(due_at__gt=due) | Q(pk__gt=pk))
    return _with_cases(found.order_by("due_at", "pk")[:limit])


def how_many_wait(user: Any) -> int:
    """How many wait for this person, counted up to 100."""
    if not authority_of(user).holds(P.CASE_SECOND_CHECK):
        return 0
    return len(_waiting(user).order_by("due_at", "pk").values_list("pk")[: SHOWN_UP_TO + 1])


def _waiting(user: Any) -> QuerySet[SecondCheck]:
    cases = Case.objects.at_places_of(user, P.CASE_SECOND_CHECK).filter(state__in=["evaluating", "closed"])
    own = Organisation.objects.filter(path__in=_own_and_above(authority_of(user)))
    found = SecondCheck.objects.filter(_UNANSWERED, case__in=cases.order_by())
    return found.exclude(verification__by_id=user.pk).exclude(unit__in=own)


def _own_and_above(authority: Authority) -> list[str]:
    """Paths of the person's units and of all above them: work of one that contains his own is his own work."""
    paths = set()
    for grant in authority.grants:
        parts = [part for part in (grant.unit_path or "").split("/") if part]
        paths |= {"/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))}
    return sorted(paths)


def ended(user: Any, *, before: int | None = None, limit: int = 30) -> list[SecondCheck]:
    """Answered and lapsed second checks at the places that a person may look at, newest first; `before` is an id."""
    cases = Case.objects.visible_to(user)
    found = SecondCheck.objects.exclude(_UNANSWERED).filter(case__in=cases.order_by())
    if before is not None:
        found = found.filter(pk__lt=before)
    return _with_cases(found.select_related("by", "verification__by").order_by("-pk")[:limit])


def _with_cases(found: QuerySet[SecondCheck]) -> list[SecondCheck]:
    checks = list(found.select_related("unit"))
    pks = {check.case_id for check in checks}
    cases = Case.objects.unscoped("of second checks that were chosen by what the person may see").filter(pk__in=pks)
    by_pk = {case.pk: case for case in surround(list(cases.order_by()))}
    for check in checks:
        check.case = by_pk[check.case_id]
    return checks


def cases_behind(user: Any, check_ids: Iterable[int]) -> dict[int, Case]:
    """The cases behind some second checks that the person may see, by the id of the check (a to-do list)."""
    pairs = dict(SecondCheck.objects.filter(pk__in=list(check_ids)).order_by().values_list("pk", "case_id"))
    if not pairs:
        return {}
    found = Case.objects.visible_to(user).filter(pk__in=set(pairs.values())).order_by()
    by_pk = {case.pk: case for case in surround(list(found))}
    return {check: by_pk[case] for check, case in pairs.items() if case in by_pk}
