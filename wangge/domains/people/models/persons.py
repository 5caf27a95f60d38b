"""Persons, how they are related, and how one row became two or two became one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.crypto import Blind
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.scoping import ScopedQuerySet, under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.people.models.homes import Household


class Origin(models.TextChoices):
    """Where a fact came from; `source_ref` beside it names the case, the batch or the letter."""

    VISIT = "visit", _("Visit")
    COUNTER = "counter", _("At the counter")
    CASE = "case", _("Case")
    IMPORT = "import", _("Import")
    RESIDENT = "resident", _("The resident himself")
    OFFICE = "office", _("Another office")


class PlacedQuerySet(ScopedQuerySet[Any]):
    """Rows with an `area_path`: the grid of the present home."""

    def visible_to(self, user: Any, permission: P = P.PERSON_VIEW) -> Self:
        """Rows at or under a place where the person holds `permission` today."""
        authority = authority_of(user)
        return self.filter(under("area_path", authority.places(permission))).scoped_to(f"user {authority.user_id}")

    def carrying(self, *tokens: int) -> Self:
        """Rows that carry all of these tokens, by the present key or (while the index is being re-keyed) the earlier one.

        The list travels as text: bound as integers the driver cuts it to 32 bit.
        """
        found = Q(tokens__contains=_literal(tokens))
        if any(isinstance(token, Blind) for token in tokens):
            earlier = [token.earlier if isinstance(token, Blind) else token for token in tokens]
            found |= Q(tokens__contains=_literal(earlier))
        return self.filter(found)

    def by_token_index(self, limit: int) -> list[Any]:
        """At most `limit` of the rows that carry tokens, whichever come first: by the index of the tokens.

        PostgreSQL cannot know how rare a token is (none is frequent enough for its statistics, so it takes each for half a percent
        of the table), and with a LIMIT would read ten million rows in their order until it has met enough: seconds.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ONLY_BITMAPS, ["off", "off"])
            found = sorted(self.order_by()[:limit], key=lambda row: int(row.pk))
            cursor.execute(_ONLY_BITMAPS, ["on", "on"])
        return found


def _literal(tokens: Iterable[int]) -> Cast:
    text = "{" + ",".join(str(int(token)) for token in tokens) + "}"
    return Cast(Value(text), ArrayField(models.BigIntegerField()))


_ONLY_BITMAPS = "SELECT set_config('enable_seqscan', %s, true), set_config('enable_indexscan', %s, true)"


class Person(models.Model):
    """A resident, or somebody who matters to one. All that says who he is, is sealed under his own key.

    `tokens` are keyed, truncated fingerprints under which he can be found (see `tokens.py`); `area_path` is the grid of
    his present home, "" when he has none here. A merged row stays and points to the kept one.
    """

    class State(models.TextChoices):
        PRESENT = "present", _("Lives here")
        AWAY = "away", _("Moved away")
        DEAD = "dead", _("Deceased")
        MERGED = "merged", _("Merged into another entry")
        ERASED = "erased", _("Erased")

    class IdKind(models.TextChoices):
        RESIDENT_ID = "resident_id", _("Resident identity card")
        HK_MO_TW = "hk_mo_tw", _("Residence permit for Hong Kong, Macao and Taiwan residents")
        PASSPORT = "passport", _("Passport")
        FOREIGNER = "foreigner", _("Permanent residence card of a foreigner")
        NONE = "none", _("None yet")  # an infant without a number

    class Registration(models.TextChoices):
        HERE = "here", _("Registered at this address")  # 户籍人口
        APART = "apart", _("Registered elsewhere in the district")  # 人户分离
        MIGRANT = "migrant", _("Registered elsewhere")  # 流动人口
        ABROAD = "abroad", _("From abroad")  # 境外人员
        UNKNOWN = "unknown", _("Not known")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PRESENT)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged_from")
    area_path = models.CharField(max_length=120, db_collation="C", blank=True)
    id_kind = models.CharField(max_length=11, choices=IdKind.choices, default=IdKind.RESIDENT_ID)
    registration = models.CharField(max_length=7, choices=Registration.choices, default=Registration.UNKNOWN)
    name = models.BinaryField(null=True)
    former_name = models.BinaryField(null=True)
    sex = models.BinaryField(null=True)  # "m", "f"
    born = models.BinaryField(null=True)  # ISO date, or "1950", "1950-03" where no more is known
    id_number = models.BinaryField(null=True)
    phone = models.BinaryField(null=True)
    registered_address = models.BinaryField(null=True)
    work_or_school = models.BinaryField(null=True)
    tokens = ArrayField(models.BigIntegerField(), default=list)
    stated_on = models.JSONField(default=dict)  # field → day of the statement: an older one never overwrites it
    notice_given_on = models.DateField(null=True)  # when he was told what is kept about him and why (PIPL 17, 35)
    verified_on = models.DateField(null=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            GinIndex(fields=["tokens"], name="person_tokens", fastupdate=False),
            models.Index(fields=["area_path", "id"], name="person_area"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
                name="person_merged_points_to_the_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"


class Relation(models.Model):
    """How two persons are related, within a household or across: `person` is the `kind` of `other`."""

    class Kind(models.TextChoices):
        SPOUSE = "spouse", _("Spouse")
        PARENT = "parent", _("Parent")
        GRANDPARENT = "grandparent", _("Grandparent")
        GUARDIAN = "guardian", _("Guardian")
        SIBLING = "sibling", _("Brother or sister")
        CARER = "carer", _("Carer")
        CONTACT = "contact", _("Person to call")  # 紧急联系人
        OTHER = "other", _("Other relation")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relations")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="related")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            ends_after_it_begins("relation"),
            models.CheckConstraint(condition=~Q(person=F("other")), name="relation_of_two"),
            models.UniqueConstraint(
                fields=["person", "other", "kind"], condition=Q(valid_to__isnull=True), name="relation_once_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.other_id}"


class FieldChange(models.Model):
    """The earlier value of a field of a person, sealed under his key: the history, and what an undo puts back."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=30)
    before = models.BinaryField(null=True)  # sealed as "people.fieldchange.before"; null: it was empty
    stated_before = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=Origin.choices)
    source_ref = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["source_ref"], name="fieldchange_source")]

    def __str__(self) -> str:
        return f"{self.person_id}.{self.field}"


class PersonMerge(models.Model):
    """Two entries of one person became one. `moved` names the rows that changed hands, so that it can be undone."""

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    moved = models.JSONField(default=dict)  # table → ids; never a value
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"


class Death(models.Model):
    """On which day somebody died, and what of his ended with it, so that a mistake can be taken back exactly.

    `ended` is kind of row → {its id: the day on which the death ended it}; ids and days only.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="deaths")
    died_on = models.DateField()
    ended = models.JSONField(default=dict)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(undone_at__isnull=True), name="death_once"),
        ]

    def __str__(self) -> str:
        return f"death of {self.person_id}"


class Membership(models.Model):
    """A person in a household, for a time. He lives in at most one household at a time."""

    class Role(models.TextChoices):
        HEAD = "head", _("Head of the household")
        SPOUSE = "spouse", _("Spouse")
        CHILD = "child", _("Child")
        PARENT = "parent", _("Parent")
        GRANDCHILD = "grandchild", _("Grandchild")
        GRANDPARENT = "grandparent", _("Grandparent")
        SIBLING = "sibling", _("Brother or sister")
        RELATIVE = "relative", _("Other relative")
        FLATMATE = "flatmate", _("Flatmate")
        CARER = "carer", _("Carer")
        OTHER = "other", _("Other")

    class Presence(models.TextChoices):
        LIVES = "lives", _("Lives there")
        REGISTERED = "registered", _("Only registered there")  # 人户分离: 户在人不在

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    household: models.ForeignKey[Household, Household] = models.ForeignKey(
        "people.Household", on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=11, choices=Role.choices)
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.LIVES)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            ends_after_it_begins("membership"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(valid_to__isnull=True, presence="lives"),
                name="membership_lives_in_one_household",
            ),
            models.UniqueConstraint(
                fields=["household"], condition=Q(valid_to__isnull=True, role="head"), name="membership_one_head"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.household_id}"
