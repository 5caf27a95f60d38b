"""专项走访: made, started by hand or by a weather notice, ended. Weather notices (天气提示), as entered from the public warning."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import campaigns, grounds
from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.actions.steps import take, take_all
from wangge.domains.fieldwork.actions.visit_rules import check_object
from wangge.domains.fieldwork.grounds import Grounds
from wangge.domains.fieldwork.models import Campaign, VisitDue, WeatherNotice
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area

kinds.declare("campaign.make", "campaign.start", "campaign.end", "weather.announce", "weather.end")

_WHY = "the doors of a campaign"
MOST_DAYS = 31
MOST_OBJECTS = 12


@transaction.atomic
def make_campaign(
    *,
    by: Any,
    name_zh: str,
    trigger: str,
    area: Area,
    matter: Matter,
    choice: Sequence[Mapping[str, str]],
    days: int = 2,
    ask: str = "",
    name_en: str = "",
    at: dt.datetime | None = None,
) -> Campaign:
    """A campaign that waits for its trigger. `choice`: [{"object": …, "need" or "kind": …}], as in the rules."""
    today = clock.day_of(at or clock.now())
    _require(by, area.path)
    if not name_zh.strip():
        raise InvalidError(_("Give the campaign a name."), field="name_zh")
    if trigger not in Campaign.Trigger.values:
        raise InvalidError(_("There is no such trigger."), field="trigger")
    if matter.valid_from > today or (matter.valid_to is not None and matter.valid_to <= today):
        raise InvalidError(_("This matter is not on the admission list today."), field="matter")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidError(_("Between 1 and 31 days."), field="days")
    if not choice or len(choice) > MOST_OBJECTS:
        raise InvalidError(_("Choose who is to be visited."), field="choice")
    for one in choice:
        check_object(one["object"], one.get("need", ""), one.get("kind", ""))
    made = Campaign.objects.create(
        name_zh=name_zh.strip(),
        name_en=name_en.strip(),
        trigger=trigger,
        area=area,
        area_path=area.path,
        matter=matter,
        objects_chosen=[{key: value for key, value in one.items() if value} for one in choice],
        ask=ask.strip(),
        days=days,
        made_by=by,
    )
    record("campaign.make", by=by, subject=made, at=at, trigger=trigger)
    return made


@transaction.atomic
def start_campaign(*, by: Any, campaign: Campaign, at: dt.datetime | None = None) -> Campaign:
    """Make a visit due at every door that is meant, within the campaign's days.

    A visit that is due there anyway becomes part of it, and sooner; one that a nearer campaign holds stays with that one
    and answers this campaign too.
    """
    now = at or clock.now()
    row: Campaign = Campaign.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=campaign.pk)
    _require(by, row.area_path)
    if row.state != Campaign.State.READY:
        raise ConflictError(_("This campaign has been started already."))
    today = clock.day_of(now)
    take(row, Campaign.State.RUNNING)
    row.started_at = now
    row.due_on = today + dt.timedelta(days=row.days)
    for whose, doors in campaigns.doors_of(row.objects_chosen, row.area_path, row.trigger, today):
        row.chosen += len(doors)
        _ask(row, whose, doors, now)
    row.save(update_fields=["state", "started_at", "due_on", "chosen"])
    record("campaign.start", by=by, subject=row, at=now, doors=row.chosen)
    return row


def _ask(campaign: Campaign, whose: str, doors: dict[int, Any], now: dt.datetime) -> None:
    assert campaign.due_on is not None
    open_now = VisitDue.objects.unscoped(_WHY).filter(**{f"{whose}__in": list(doors)}, state=VisitDue.State.OPEN)
    standing = {
        getattr(due, f"{whose}_id"): due
        for due in open_now.select_for_update(of=("self",)).select_related("campaign").order_by("pk")
    }
    changed, new = [], []
    for pk, door in doors.items():
        due = standing.get(pk)
        if due is None:
            due = VisitDue(**{f"{whose}_id": pk}, area_path=door.area_path, due_on=campaign.due_on, campaign=campaign)
            due.grounds = grounds.seal(due, Grounds())
            new.append(due)
            continue
        other = due.campaign
        if (
            other is not None
            and other.state == Campaign.State.RUNNING
            and (other.due_on or now.date()) <= campaign.due_on
        ):
            continue
        due.campaign, due.due_on, due.changed_at = campaign, min(due.due_on, campaign.due_on), now
        changed.append(due)
    VisitDue.objects.bulk_create(new, ignore_conflicts=True)
    VisitDue.objects.unscoped(_WHY).bulk_update(changed, ["campaign", "due_on", "changed_at"])


@transaction.atomic
def end_campaign(*, by: Any, campaign: Campaign, at: dt.datetime | None = None) -> Campaign:
    """Over: what it asked for and nobody reached is dropped; what the rules ask for there is due as before."""
    now = at or clock.now()
    row: Campaign = Campaign.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=campaign.pk)
    _require(by, row.area_path)
    if row.state == Campaign.State.ENDED:
        raise ConflictError(_("This campaign has ended already."))
    take(row, Campaign.State.ENDED)
    row.ended_at = now
    row.save(update_fields=["state", "ended_at"])
    left = VisitDue.objects.unscoped(_WHY).filter(campaign=row, state=VisitDue.State.OPEN)
    pairs = list(left.values_list("household_id", "firm_id"))
    take_all(left, VisitDue.State.DROPPED, changed_at=now)
    visit_planning.plan_homes([home for home, _firm in pairs if home is not None], at=now)
    visit_planning.plan_firms([firm for _home, firm in pairs if firm is not None], at=now)
    record("campaign.end", by=by, subject=row, at=now, left=len(pairs))
    return row


@transaction.atomic
def repeat_campaign(*, by: Any, campaign: Campaign, at: dt.datetime | None = None) -> Campaign:
    """The same choice once more, ready for the next time."""
    return make_campaign(
        by=by,
        name_zh=campaign.name_zh,
        name_en=campaign.name_en,
        trigger=campaign.trigger,
        area=campaign.area,
        matter=campaign.matter,
        choice=campaign.objects_chosen,
        days=campaign.days,
        ask=campaign.ask,
        at=at,
    )


@transaction.atomic
def announce_weather(
    *,
    by: Any,
    area: Area,
    trigger: str,
    level: str,
    words: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    at: dt.datetime | None = None,
) -> tuple[WeatherNotice, list[Campaign]]:
    """Enter a warning; every campaign at the place or below it that waits for it starts. The notice, and those."""
    now = at or clock.now()
    _require(by, area.path)
    if trigger not in Campaign.Trigger.values:
        raise InvalidError(_("There is no such trigger."), field="trigger")
    if level not in WeatherNotice.Level.values:
        raise InvalidError(_("There is no such level."), field="level")
    if not words.strip():
        raise InvalidError(_("Say what the warning says."), field="words")
    if ends_at <= starts_at or ends_at <= now:
        raise InvalidError(_("It ends after it begins, and not in the past."), field="ends_at")
    notice = WeatherNotice.objects.create(
        area=area, trigger=trigger, level=level, words=words.strip(), starts_at=starts_at, ends_at=ends_at, by=by
    )
    record("weather.announce", by=by, subject=notice, at=now, trigger=trigger, level=level)
    waiting = Campaign.objects.visible_to(by, P.VISIT_PLAN).filter(
        area_path__startswith=area.path, trigger=trigger, state=Campaign.State.READY
    )
    return notice, [start_campaign(by=by, campaign=one, at=now) for one in waiting.order_by("pk")]


@transaction.atomic
def end_weather(*, by: Any, notice: WeatherNotice, at: dt.datetime | None = None) -> None:
    """The warning is over sooner than it said. Its campaigns are ended by hand."""
    now = at or clock.now()
    row = WeatherNotice.objects.select_for_update(of=("self",)).select_related("area").get(pk=notice.pk)
    _require(by, row.area.path)
    if row.ends_at <= now:
        raise ConflictError(_("This warning is over already."))
    if row.starts_at >= now:
        row.starts_at = now - dt.timedelta(minutes=1)  # called off before it began
    row.ends_at = now
    row.save(update_fields=["starts_at", "ends_at"])
    record("weather.end", by=by, subject=row, at=now)


def _require(by: Any, area_path: str) -> None:
    if not authority_of(by).may(P.VISIT_PLAN, area_path=area_path):
        raise NotAllowedError
