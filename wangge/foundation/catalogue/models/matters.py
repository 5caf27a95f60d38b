"""Classes, matters, stage clocks and routing rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Level, Module, Stage, Task, Urgency
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.naming import TwoNames, in_language
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt

__all__ = [
    "ClockKind",
    "Duty",
    "Level",
    "Matter",
    "MatterClass",
    "Module",
    "RoutingRule",
    "Stage",
    "StageClock",
    "Task",
    "Urgency",
]

MAX_AMOUNT = 1000


class MatterClass(TwoNames, models.Model):
    """大类: two digits; 01-10 are those of GB/T 47678.5, 21-39 belong to street governance."""

    code = models.CharField(max_length=2, unique=True, validators=[RegexValidator(r"^\d{2}$")])
    name_zh = models.CharField(max_length=30)
    name_en = models.CharField(max_length=60)
    module = models.CharField(max_length=10, choices=Module.choices)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^\d{2}$"), name="matter_class_code_is_two_digits"),
            models.CheckConstraint(condition=Q(module__in=Module.values), name="matter_class_module_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Matter(TwoNames, models.Model):
    """事项 (小类): one kind of thing that can be reported, with everything the lifecycle asks about it.

    `valid_from`/`valid_to` are its days on the admission list. `edited` rows were changed on the desk: a later load of
    the shipped files leaves them alone.
    """

    code = models.CharField(max_length=5, unique=True, validators=[RegexValidator(r"^\d{5}$")])
    matter_class = models.ForeignKey(MatterClass, on_delete=models.PROTECT, related_name="matters")
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    module = models.CharField(max_length=10, choices=Module.choices)
    tasks = models.JSONField(default=list, blank=True)  # values of Task
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    urgency = models.CharField(max_length=8, choices=Urgency.choices, default=Urgency.ORDINARY)
    handling_kind = models.CharField(max_length=14, choices=ClockKind.choices)
    handling_amount = models.PositiveSmallIntegerField()
    filing_zh = models.CharField(max_length=200)  # 立案条件
    filing_en = models.CharField(max_length=300)
    closing_zh = models.CharField(max_length=200)  # 结案条件
    closing_en = models.CharField(max_length=300)
    before_photo = models.BooleanField(default=False)
    after_photo = models.BooleanField(default=False)
    units = models.JSONField(default=list, blank=True)  # units in which the work is counted: "m2", "处"
    legal_basis_required = models.BooleanField(default=False)
    area_required = models.BooleanField(default=False)  # square metres on closing
    confidential = models.BooleanField(default=False)
    public = models.BooleanField(default=False)  # the course of a case may be shown publicly
    on_the_spot = models.BooleanField(default=False)  # 即办 is allowed
    keywords = models.JSONField(default=list, blank=True)  # the words residents use
    basis_zh = models.CharField(max_length=200)
    basis_en = models.CharField(max_length=300)
    owner_zh = models.CharField(max_length=60)  # the department that owns the matter
    owner_en = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    edited = models.BooleanField(default=False)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["module", "code"], name="matter_module")]
        constraints = [
            ends_after_it_begins("matter"),
            models.CheckConstraint(condition=Q(code__regex=r"^\d{5}$"), name="matter_code_is_five_digits"),
            models.CheckConstraint(condition=Q(module__in=Module.values), name="matter_module_is_known"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="matter_level_is_known"),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="matter_urgency_is_known"),
            models.CheckConstraint(condition=Q(handling_kind__in=ClockKind.values), name="matter_clock_is_known"),
            models.CheckConstraint(
                condition=Q(handling_amount__gte=1, handling_amount__lte=MAX_AMOUNT), name="matter_clock_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(confidential=False) | Q(public=False), name="matter_confidential_is_never_public"
            ),
            models.CheckConstraint(condition=~Q(name_zh="") & ~Q(name_en=""), name="matter_named_in_both_languages"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"

    @property
    def filing_condition(self) -> str:
        """立案条件 in the reader's language."""
        return in_language(self.filing_zh, self.filing_en)

    @property
    def closing_condition(self) -> str:
        """结案条件 in the reader's language."""
        return in_language(self.closing_zh, self.closing_en)

    @property
    def basis(self) -> str:
        """Why the matter is on the admission list, in the reader's language."""
        return in_language(self.basis_zh, self.basis_en)

    @property
    def owner(self) -> str:
        """The owning department in the reader's language."""
        return in_language(self.owner_zh, self.owner_en)

    def is_admitted(self, on: dt.date) -> bool:
        """Whether the matter is on the admission list on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


class StageClock(models.Model):
    """A time limit of one stage: for one matter, or (`matter` empty) for all, perhaps only those of one urgency.

    The limit of handling stands on the matter itself; a row for the stage `handle` overrules it.
    """

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, null=True, blank=True, related_name="clocks")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    urgency = models.CharField(max_length=8, choices=Urgency.choices, blank=True)
    kind = models.CharField(max_length=14, choices=ClockKind.choices)
    amount = models.PositiveSmallIntegerField()
    edited = models.BooleanField(default=False)

    class Meta:
        ordering = ["stage", "matter_id", "urgency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "matter", "urgency"], nulls_distinct=False, name="stage_clock_once"
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="stage_clock_stage_is_known"),
            models.CheckConstraint(condition=Q(kind__in=ClockKind.values), name="stage_clock_kind_is_known"),
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=MAX_AMOUNT), name="stage_clock_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(matter__isnull=True, urgency__in=["", *Urgency.values]) | Q(urgency=""),
                name="stage_clock_urgency_for_all_matters_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.amount} {self.kind}"


class RoutingRule(models.Model):
    """Who answers for what, where: a unit, or the kind of unit that is looked for at the place.

    About one matter, one class, one module, or (all three empty) everything; in one area and below, or (`area` empty)
    everywhere.
    """

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    matter_class = models.ForeignKey(MatterClass, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    module = models.CharField(max_length=10, choices=Module.choices, blank=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="routing_rules")
    unit = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="routing_rules"
    )
    unit_kind = models.CharField(max_length=20, choices=Organisation.Kind.choices, blank=True)
    duty = models.CharField(max_length=4, choices=Duty.choices, default=Duty.MAIN)
    note = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    edited = models.BooleanField(default=False)  # made or ended on the desk

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["matter__code", "matter_class__code", "module", "area_id", "-duty", "valid_from", "id"]
        constraints = [
            ends_after_it_begins("routing_rule"),
            models.CheckConstraint(
                condition=Q(matter__isnull=True, matter_class__isnull=True)
                | Q(matter__isnull=True, module="")
                | Q(matter_class__isnull=True, module=""),
                name="routing_rule_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(unit__isnull=False, unit_kind="") | (Q(unit__isnull=True) & ~Q(unit_kind="")),
                name="routing_rule_names_a_unit_or_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(matter__isnull=False) | Q(matter_class__isnull=False) | Q(module__in=["", *Module.values]),
                name="routing_rule_module_is_known",
            ),
            models.CheckConstraint(condition=Q(duty__in=Duty.values), name="routing_rule_duty_is_known"),
            models.UniqueConstraint(
                fields=["matter", "matter_class", "module", "area"],
                condition=Q(duty="main", valid_to__isnull=True),
                nulls_distinct=False,
                name="routing_rule_one_main_in_force",
            ),
            models.UniqueConstraint(
                fields=["matter", "matter_class", "module", "area", "unit", "unit_kind"],
                condition=Q(duty="co", valid_to__isnull=True),
                nulls_distinct=False,
                name="routing_rule_co_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.target}"

    @property
    def subject(self) -> str:
        """What the rule is about, in the reader's language."""
        if self.matter is not None:
            return f"{self.matter.code} {self.matter.name}"
        if self.matter_class is not None:
            return f"{self.matter_class.code} {self.matter_class.name}"
        return str(self.get_module_display()) if self.module else str(_("Everything else"))

    @property
    def target(self) -> str:
        """The unit, or the kind of unit, in the reader's language."""
        return self.unit.name if self.unit is not None else str(self.get_unit_kind_display())

    @property
    def specificity(self) -> tuple[int, int]:
        """How specific the rule is: matter 3 › class 2 › module 1 › everything 0, then the depth of its area."""
        subject = 3 if self.matter_id else 2 if self.matter_class_id else 1 if self.module else 0
        depth = self.area.path.count("/") - 1 if self.area is not None else 0
        return subject, depth
