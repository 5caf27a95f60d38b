"""When grids are redrawn: posts and responsibilities end with the old grid and go on in the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.foundation.accounts.models import Organisation, Post, Responsibility
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.places.models import Area
    from wangge.foundation.places.redrawing import Redrawn

kinds.declare("post.end", "post.give")

_WORKS = "grid_worker"


def hand_over_posts(redrawn: Redrawn) -> None:
    """End what was held in the closed grids and give it anew, from the same day.

    Each new grid takes over the posts of the one from which most of its buildings come; where the plan names who works
    it, these become its grid workers instead. What would have begun later begins in the grid to which most went.
    """
    day, closed = redrawn.day, [area.pk for area in redrawn.closed]
    held = list(Post.objects.filter(in_force(day), area__in=closed).select_related("area"))
    answered = list(Responsibility.objects.filter(in_force(day), area__in=closed).select_related("area"))
    for area in redrawn.opened:
        source = redrawn.source.get(area.pk)
        if source is None:
            continue
        own = [post for post in held if post.area_id == source.pk]
        named = redrawn.workers.get(area.pk, ())
        _give(area, [post for post in own if not (named and post.role == _WORKS)], day)
        like = next((post for post in own if post.role == _WORKS), None)
        for user in named:
            _appoint(area, user, like.organisation if like is not None else _committee(area), day)
        Responsibility.objects.bulk_create(
            Responsibility(organisation_id=one.organisation_id, area=area, valid_from=day, valid_to=one.valid_to)
            for one in answered
            if one.area_id == source.pk
        )
    _end(held, day)
    Responsibility.objects.filter(pk__in=[one.pk for one in answered], valid_from__lt=day).update(valid_to=day)
    Responsibility.objects.filter(pk__in=[one.pk for one in answered], valid_from=day).delete()
    for old in redrawn.closed:
        later = {"area": old, "valid_from__gt": day}
        Post.objects.filter(**later).update(area=redrawn.successor(old))
        Responsibility.objects.filter(**later).update(area=redrawn.successor(old))


def _give(area: Area, posts: Iterable[Post], day: dt.date) -> None:
    for post in posts:
        new = Post.objects.create(
            user_id=post.user_id,
            role=post.role,
            organisation_id=post.organisation_id,
            area=area,
            basis=post.basis,
            valid_from=day,
            valid_to=post.valid_to,
        )
        record("post.give", by=None, subject=new, user=post.user_id, role=post.role)


def _appoint(area: Area, user: int, organisation: Organisation | None, day: dt.date) -> None:
    new = Post.objects.create(user_id=user, role=_WORKS, organisation=organisation, area=area, valid_from=day)
    record("post.give", by=None, subject=new, user=user, role=_WORKS)


def _committee(area: Area) -> Organisation | None:
    found = Organisation.objects.filter(kind=Organisation.Kind.COMMUNITY, area=area.parent_id, valid_to__isnull=True)
    return found.order_by("id").first()


def _end(posts: Iterable[Post], day: dt.date) -> None:
    for post in posts:
        if post.valid_from < day:
            Post.objects.filter(pk=post.pk).update(valid_to=day)
            record("post.end", by=None, subject=post, user=post.user_id)
        else:  # it was to begin on that very day: it never held in the old grid
            record("post.end", by=None, subject=post, user=post.user_id)
            post.delete()
