"""When grids are redrawn: posts and responsibilities end with the old grid and go on in the new one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wangge.foundation.accounts.models import Organisation, Post, Responsibility
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from wangge.foundation.places.models import Area
    from wangge.foundation.places.redrawing import Redrawn

kinds.declare("post.end", "post.give")

WORKS = "grid_worker"


@dataclasses.dataclass(frozen=True, slots=True)
class Fate:
    """A post in a grid that ends, and the grids in which it goes on; in none: it ends with its grid."""

    post: Post
    to: tuple[int, ...]


def fates(
    posts: Iterable[Post],
    *,
    source: Mapping[int, int],
    successor: Mapping[int, int],
    workers: Mapping[int, Sequence[int]],
) -> list[Fate]:
    """What becomes of posts in grids that end: the one rule, asked by the preview and followed on the day.

    A new grid takes over the posts of the one from which most of its buildings come (`source`: new → old). A post whose
    grid is the source of none follows to where most of its ground went (`successor`: old → new), so that nobody loses
    his scope by an oversight. Where the plan names who works a grid (`workers`: new → users), these work it and nobody
    else: only so does the post of a worker end, and the preview says it.
    """
    found = []
    for post in posts:
        old = post.area_id or 0
        named = {new for new, users in workers.items() if users} if post.role == WORKS else set()
        to = {new for new, one in source.items() if one == old and new not in named}
        to |= {new for new in named if post.user_id in workers[new]}
        heir = successor.get(old)
        if not to and heir is not None and heir not in named:
            to = {heir}
        found.append(Fate(post, tuple(sorted(to))))
    return found


def held_in(areas: Iterable[int], *, on: dt.date) -> list[Post]:
    """Posts that are held in these grids on a day, with who holds them."""
    held = Post.objects.filter(in_force(on), area__in=list(areas)).select_related("user", "area", "organisation")
    return list(held.order_by("area__code", "pk"))


def hand_over_posts(redrawn: Redrawn) -> None:
    """End what was held in the closed grids and give it anew, from the same day, as `fates` says.

    What would have begun later begins in the grid to which most went. The units that answered for a grid answer for
    the grids that come of it.
    """
    day, closed = redrawn.day, [area.pk for area in redrawn.closed]
    held = held_in(closed, on=day)
    source = {new: old.pk for new, old in redrawn.source.items()}
    successor = {old.pk: redrawn.successor(old).pk for old in redrawn.closed}
    _go_on(redrawn, fates(held, source=source, successor=successor, workers=redrawn.workers), day)
    _hand_over_responsibilities(redrawn, source, successor)
    _end(held, day)
    for old in redrawn.closed:
        later = {"area": old, "valid_from__gt": day}
        Post.objects.filter(**later).update(area=redrawn.successor(old))
        Responsibility.objects.filter(**later).update(area=redrawn.successor(old))


def _go_on(redrawn: Redrawn, found: list[Fate], day: dt.date) -> None:
    opened = {area.pk: area for area in redrawn.opened}
    # Who comes from the source of a grid is first: of the same post from two old grids, one goes on.
    given: set[tuple[object, ...]] = set()
    for home in (True, False):
        for fate in found:
            for new in fate.to:
                source = redrawn.source.get(new)
                comes_home = source is not None and source.pk == fate.post.area_id
                if comes_home is home and not (fate.post.role == WORKS and redrawn.workers.get(new)):
                    _give(opened[new], fate.post, day, given)
    for new, users in redrawn.workers.items():
        for user in users:
            _appoint(opened[new], user, _organisation(redrawn, opened[new], user, found), day)


def _organisation(redrawn: Redrawn, area: Area, user: int, found: list[Fate]) -> Organisation | None:
    """Of whoever is named: that of his own post, else of who worked the grid before, else the committee of the place."""
    source = redrawn.source.get(area.pk)
    working = [fate.post for fate in found if fate.post.role == WORKS]
    own = [post for post in working if post.user_id == user]
    before = [post for post in working if source is not None and post.area_id == source.pk]
    like = next(iter([*own, *before]), None)
    return like.organisation if like is not None else _committee(area)


def _give(area: Area, post: Post, day: dt.date, given: set[tuple[object, ...]]) -> None:
    key = (area.pk, post.user_id, post.role, post.organisation_id)
    if key in given:
        return
    given.add(key)
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
    new = Post.objects.create(user_id=user, role=WORKS, organisation=organisation, area=area, valid_from=day)
    record("post.give", by=None, subject=new, user=user, role=WORKS)


def _committee(area: Area) -> Organisation | None:
    found = Organisation.objects.filter(kind=Organisation.Kind.COMMUNITY, area=area.parent_id, valid_to__isnull=True)
    return found.order_by("id").first()


def _hand_over_responsibilities(redrawn: Redrawn, source: Mapping[int, int], successor: Mapping[int, int]) -> None:
    day, closed = redrawn.day, [area.pk for area in redrawn.closed]
    answered = list(Responsibility.objects.filter(in_force(day), area__in=closed).order_by("pk"))
    new = {
        (area, one.organisation_id): Responsibility(
            organisation_id=one.organisation_id, area_id=area, valid_from=day, valid_to=one.valid_to
        )
        for one in answered
        for area in [opened for opened, old in source.items() if old == one.area_id] or [successor[one.area_id or 0]]
    }
    Responsibility.objects.bulk_create(new.values())
    keys = [one.pk for one in answered]
    Responsibility.objects.filter(pk__in=keys, valid_from__lt=day).update(valid_to=day)
    Responsibility.objects.filter(pk__in=keys, valid_from=day).delete()


def _end(posts: Iterable[Post], day: dt.date) -> None:
    for post in posts:
        if post.valid_from < day:
            Post.objects.filter(pk=post.pk).update(valid_to=day)
            record("post.end", by=None, subject=post, user=post.user_id)
        else:  # it was to begin on that very day: it never held in the old grid
            record("post.end", by=None, subject=post, user=post.user_id)
            post.delete()
