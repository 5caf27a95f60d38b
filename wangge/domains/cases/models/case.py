"""Tables of cases: reports, the case, assignments, the timeline, results, judgements."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.workflow import OPEN, S
from wangge.foundation.accounts.authority import authority_of, unit_ids
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.core.scoping import ScopedQuerySet, under
from wangge.foundation.media.models import MediaFile
from wangge.foundation.places.models import Area, Building, Compound

_OPEN_STATES = sorted(OPEN)


class State(models.TextChoices):
    """Names of the states, as people read them."""

    REPORTED = S.REPORTED.value, _("To be accepted")
    NEEDS_INFO = S.NEEDS_INFO.value, _("Waiting for more details")
    SETTLED = S.SETTLED.value, _("Settled on the spot, to be checked")
    FILED = S.FILED.value, _("To be dispatched")
    DISPATCHED = S.DISPATCHED.value, _("To be signed for")
    HANDLING = S.HANDLING.value, _("Being handled")
    HUNG = S.HUNG.value, _("Hung, waiting for its date")
    HANDLED = S.HANDLED.value, _("To be verified")
    EVALUATING = S.EVALUATING.value, _("Waiting for the reporter's judgement")
    OBJECTED = S.OBJECTED.value, _("Objection to be decided")
    CLOSED = S.CLOSED.value, _("Closed")
    ARCHIVED = S.ARCHIVED.value, _("Archived")
    DECLINED = S.DECLINED.value, _("Not accepted")
    VOID = S.VOID.value, _("Void")
    MERGED = S.MERGED.value, _("Merged into another case")


class Source(models.TextChoices):
    """How the first word of it reached the office."""

    PATROL = "patrol", _("Grid patrol")
    RESIDENT = "resident", _("Resident, public page")
    SCAN = "scan", _("Resident, scanned code")
    PHONE = "phone", _("Telephone")
    VISIT = "visit", _("Visit to the office")
    ON_BEHALF = "on_behalf", _("Reported on somebody's behalf")
    TIP = "tip", _("Building head or volunteer")
    HOTLINE = "hotline", _("12345 hotline")
    TRANSFER = "transfer", _("Passed on by a department")


class Result(models.TextChoices):
    """Result classes of a handled case (model: 结果类别)."""

    SOLVED = "solved", _("Solved")
    PARTLY = "partly", _("Partly solved")
    EXPLAINED = "explained", _("Explained")
    UNFOUNDED = "unfounded", _("Not as reported")
    BEYOND = "beyond", _("Beyond our powers")
    LONG_TERM = "long_term", _("Long-term")


def _at_places(user: Any, permission: P) -> Q:
    authority = authority_of(user)
    places, secret = authority.places(permission), authority.places(P.CASE_CONFIDENTIAL)
    held = under("area_path", places)
    if all(any(place.startswith(path) for path in secret) for place in places):
        return held
    return held & (Q(confidential=False) | under("area_path", secret)) if secret else held & Q(confidential=False)


def _ways_to_see(user: Any, permission: P) -> list[Q]:
    """Why a person may see a case: its place, its main unit, a co-handling unit. Nobody: nothing."""
    ways = [_at_places(user, permission)] if authority_of(user).places(permission) else []
    if units := unit_ids(user, P.CASE_HANDLE):
        # A case's unit is the unit of its main assignment that was not sent back.
        helping = Assignment.objects.filter(
            case=OuterRef("pk"), unit_id__in=units, duty=Assignment.Duty.CO, returned_at__isnull=True
        )
        ways += [Q(unit_id__in=units), Q(Exists(helping))]
    return ways


class CaseQuerySet(ScopedQuerySet["Case"]):
    """Cases, for somebody."""

    def visible_to(self, user: Any, permission: P = P.CASE_VIEW) -> Self:
        """Cases at the places of the person's posts, and those sent to his unit.

        Confidential cases only with that permission at the place, or as the unit that handles them.
        """
        condition = Q(pk__in=[])
        for one_way in _ways_to_see(user, permission):
            condition |= one_way
        return self.filter(condition).scoped_to(f"user {authority_of(user).user_id}")

    def ways_visible_to(self, user: Any, permission: P = P.CASE_VIEW) -> list[Self]:
        """The cases of `visible_to`, one queryset for each reason to see them; a case may be in several.

        PostgreSQL walks an index in the order of a list for each of them, and for their OR it cannot.
        """
        scope = f"user {authority_of(user).user_id}"
        return [self.filter(one_way).scoped_to(scope) for one_way in _ways_to_see(user, permission)]

    def at_places_of(self, user: Any, permission: P) -> Self:
        """Cases at the places where a person holds a permission (the queues of the desk)."""
        return self.filter(_at_places(user, permission)).scoped_to(f"places of user {authority_of(user).user_id}")

    def of_units(self, user: Any) -> Self:
        """Cases whose handling unit is one of the person's (a unit's own queues)."""
        units = unit_ids(user, P.CASE_HANDLE)
        return self.filter(unit_id__in=units).scoped_to(f"units of user {authority_of(user).user_id}")

    def still_open(self) -> Self:
        return self.filter(state__in=_OPEN_STATES)


class Case(models.Model):
    """What is handled: one matter at one place, from the first report to the archive."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=24)  # 街道简码-年-序号
    state = models.CharField(max_length=12, choices=State.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField(default=2)  # 1 grid … 4 district
    text = models.TextField()
    address = models.CharField(max_length=200, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    area_path = models.CharField(max_length=120, db_collation="C")
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    confidential = models.BooleanField(default=False)
    emerging = models.BooleanField(default=False)  # 苗头性
    legacy = models.BooleanField(default=False)  # 历史遗留
    urgent = models.BooleanField(default=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    handler = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False)
    state_before_merge = models.CharField(max_length=12, blank=True)
    round = models.PositiveSmallIntegerField(default=1)  # +1 with every reopening
    reworks = models.PositiveSmallIntegerField(default=0)
    returns = models.PositiveSmallIntegerField(default=0)
    reported_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    since = models.DateTimeField()  # when the present state began
    due_at = models.DateTimeField(null=True)  # deadline of the present stage
    handle_due_at = models.DateTimeField(null=True)  # promised end of the handling, kept through verification
    # What a figure judges by: the deadlines of acceptance and of the last unit's signing, kept when the stage is over
    # (until then they stand in `due_at`); and of the first contact with a named reporter (null: nobody is named).
    accept_due_at = models.DateTimeField(null=True)
    sign_due_at = models.DateTimeField(null=True)
    contact_due_at = models.DateTimeField(null=True)
    due_provisional = models.BooleanField(default=False)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    reply = models.TextField(blank=True)  # the public answer

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        # Every new case pays for each of these: a foreign key has an index of its own only where a list asks for one.
        indexes = [
            models.Index(fields=["due_at", "id"], name="case_due", condition=Q(state__in=_OPEN_STATES)),
            models.Index(fields=["state", "due_at", "id"], name="case_queue", condition=Q(state__in=_OPEN_STATES)),
            models.Index(
                fields=["unit", "state", "due_at", "id"], name="case_unit_queue", condition=Q(state__in=_OPEN_STATES)
            ),
            models.Index(fields=["area_path", "due_at"], name="case_area_open", condition=Q(state__in=_OPEN_STATES)),
            models.Index(fields=["area_path", "-id"], name="case_area"),
            models.Index(fields=["unit", "-id"], name="case_unit"),
            models.Index(fields=["matter", "-id"], name="case_matter"),
            models.Index(fields=["lon", "lat"], name="case_where", condition=Q(state__in=_OPEN_STATES)),
            models.Index(fields=["compound"], name="case_compound", condition=Q(compound__isnull=False)),
            models.Index(fields=["merged_into"], name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["closed_at"], name="case_to_archive", condition=Q(state=S.CLOSED.value)),
            # The windows of the figures.
            models.Index(fields=["accept_due_at"], name="case_accept_due", condition=Q(accept_due_at__isnull=False)),
            models.Index(fields=["filed_at"], name="case_filed", condition=Q(filed_at__isnull=False)),
            models.Index(fields=["sign_due_at"], name="case_sign_due", condition=Q(sign_due_at__isnull=False)),
            models.Index(fields=["contact_due_at"], name="case_contact_due", condition=Q(contact_due_at__isnull=False)),
            models.Index(fields=["handle_due_at"], name="case_handle_due", condition=Q(handle_due_at__isnull=False)),
            models.Index(fields=["closed_at"], name="case_closed", condition=Q(closed_at__isnull=False)),
            GinIndex(Func(F("text"), function="bigrams"), name="case_text_bigrams"),
            GinIndex(Func(F("address"), function="bigrams"), name="case_address_bigrams"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="case_number_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in S]), name="case_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=S.MERGED.value, merged_into__isnull=False)
                | (~Q(state=S.MERGED.value) & Q(merged_into__isnull=True)),
                name="case_merged_into_one",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[S.DISPATCHED.value, S.HANDLING.value, S.HUNG.value, S.HANDLED.value])
                | Q(unit__isnull=False),
                name="case_in_hand_has_a_unit",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="case_position_is_a_pair",
            ),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="case_level_1_to_4"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return S(self.state) in OPEN


class ReportQuerySet(ScopedQuerySet["Report"]):
    """Reports, for somebody."""

    def made_by(self, user: Any) -> Self:
        """What a person reported himself."""
        return self.filter(by_id=getattr(user, "pk", None) or -1).scoped_to(f"own reports of {user!r:.40}")

    def of_case(self, case: Case) -> Self:
        """All voices of a case that the caller was allowed to read: its own and those merged into it."""
        cases = Case.objects.filter(Q(pk=case.pk) | Q(merged_into=case)).scoped_to(f"case {case.pk}")
        return self.filter(case_id__in=cases.order_by().values("pk")).scoped_to(f"case {case.pk}")


class Report(models.Model):
    """What one person said. Names and phones are sealed; a resident follows his report by an unguessable link."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    source = models.CharField(max_length=10, choices=Source.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.TextField()
    address = models.CharField(max_length=200, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    crs = models.CharField(max_length=8, default="WGS84")  # datum in which the position was given
    raw_lon = models.FloatField(null=True)
    raw_lat = models.FloatField(null=True)
    contact_name = models.BinaryField(null=True)  # sealed, bound to public_id
    contact_phone = models.BinaryField(null=True)  # sealed, bound to public_id
    phone_blind = models.BigIntegerField(null=True)
    contact_mask = models.CharField(max_length=40, blank=True)  # "张* 1**********"
    asks = models.BooleanField(default=False)  # a resident stands behind it and is asked at the end
    occurred_at = models.DateTimeField(null=True)  # the reporter's own clock; never used for a deadline
    recorded_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["by", "-id"], name="report_by"),
            models.Index(fields=["phone_blind"], name="report_phone", condition=Q(phone_blind__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Assignment(models.Model):
    """A unit that a case was sent to: the main one (主办) or a co-handler (协办)."""

    class Duty(models.TextChoices):
        MAIN = "main", _("Main handler")
        CO = "co", _("Co-handler")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    duty = models.CharField(max_length=4, choices=Duty.choices)
    round = models.PositiveSmallIntegerField(default=1)
    why = models.JSONField(default=list)  # codes of the routing rules that chose the unit
    rules_version = models.PositiveIntegerField(null=True)  # catalogue.RulesVersion by which it was proposed
    dispatched_at = models.DateTimeField()
    dispatched_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    left_by = models.CharField(max_length=10, blank=True)  # it left by "escalate" or "rule"; blank: it was sent back
    due_at = models.DateTimeField(null=True)  # of the unit's own clock
    done_at = models.DateTimeField(null=True)  # a co-handler has done its part
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    done_text = models.TextField(blank=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    waived_at = models.DateTimeField(null=True)  # the centre does not wait for it any more
    waived_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    waive_reason = models.TextField(blank=True)
    return_reason = models.TextField(blank=True)
    return_basis = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["unit", "case"], name="assignment_co", condition=Q(returned_at__isnull=True, duty="co")
            ),
            models.Index(
                fields=["due_at", "id"],
                name="assignment_co_due",
                condition=Q(duty="co", returned_at__isnull=True, done_at__isnull=True, waived_at__isnull=True),
            ),
            BrinIndex(fields=["dispatched_at"], name="assignment_when", pages_per_range=32),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "unit"], condition=Q(returned_at__isnull=True), name="assignment_once_per_unit"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(returned_at__isnull=True, duty="main"),
                name="assignment_one_main_unit",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, returned_by__isnull=True)
                | (Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(return_reason="")),
                name="assignment_returned_by_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.unit_id}"


class TimelineEntry(models.Model):
    """The record of the work: one row per step, never changed. `public` rows are what the reporter reads."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State.choices)  # the state after the step
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    public = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "id"], name="timeline_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verb}"


class Handling(models.Model):
    """处置结果: what a unit reports as done, once per handling; a rework adds another row."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handlings")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=Result.choices)
    text = models.TextField()
    reply = models.TextField()
    legal_basis = models.CharField(max_length=200, blank=True)
    area_m2 = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.result}"


class Quantity(models.Model):
    """How much was done, with its unit: 8 m³, 40 处. Half-year reports are summed from these."""

    handling = models.ForeignKey(Handling, on_delete=models.PROTECT, related_name="quantities")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    unit = models.CharField(max_length=12)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="quantity_is_positive")]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


class Verification(models.Model):
    """核查: somebody of another unit looked."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="verifications")
    handling = models.ForeignKey(Handling, on_delete=models.PROTECT, null=True, related_name="verifications")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    passed = models.BooleanField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [BrinIndex(fields=["at"], name="verification_when", pages_per_range=32)]

    def __str__(self) -> str:
        return f"{self.case_id} {self.passed}"


class Evaluation(models.Model):
    """One reporter's judgement of one round: is it solved, is he satisfied: two answers, neither implies the other."""

    class Solved(models.TextChoices):
        YES = "yes", _("Solved")
        PARTLY = "partly", _("Partly solved")
        NO = "no", _("Not solved")

    class Satisfied(models.TextChoices):
        YES = "yes", _("Satisfied")
        FAIRLY = "fairly", _("Fairly satisfied")
        NO = "no", _("Not satisfied")

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="evaluations")
    round = models.PositiveSmallIntegerField()
    solved = models.CharField(max_length=6, choices=Solved.choices)
    satisfied = models.CharField(max_length=6, choices=Satisfied.choices)
    contacted = models.BooleanField(null=True)  # did the unit get in touch first? None: not asked, or no answer
    comment = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # who rang up; None: himself
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["report", "round"], name="evaluation_once_a_round")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.solved}/{self.satisfied}"


class Objection(models.Model):
    """异议: a reporter says that it is not solved; decided within two working days, with reasons."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="objections")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="objections")
    reason = models.TextField()
    at = models.DateTimeField()
    upheld = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, upheld__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False, upheld__isnull=False),
                name="objection_decided_by_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"


class CasePhoto(models.Model):
    """A photo in a case, promised by its sha256 when the step was taken and attached when the bytes arrive."""

    class Kind(models.TextChoices):
        REPORT = "report", _("As reported")
        BEFORE = "before", _("Before")
        AFTER = "after", _("After")
        CHECK = "check", _("At verification")
        SECOND = "second", _("At the second check")
        OTHER = "other", _("Other")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="photos")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="photos")
    sha256 = models.CharField(max_length=64)
    # Of the camera's own file, when the phone burnt a watermark into what it sent: who has that file can show it is it.
    original_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    media = models.ForeignKey(MediaFile, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["sha256"], name="photo_sha256"),
            models.Index(fields=["sha256"], name="photo_promised", condition=Q(media__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "sha256"], name="photo_once"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
