"""What every form of a step has in common. It checks the shape only; who may take the step is the action's to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wangge.domains.cases.models import Case
    from wangge.foundation.accounts.models import User

_ROWS = 3


def long_text(label: Any, *, required: bool = True, rows: int = _ROWS, **more: Any) -> forms.CharField:
    """A field of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=4000, widget=widget, **more)


class StepForm(forms.Form):
    """Base of the forms: hidden `since` (what the person had seen) and `queue` (where he came from)."""

    verb: ClassVar[str]
    template: ClassVar[str] = "desk/cases/steps/plain.html"
    photo_fields: ClassVar[tuple[str, ...]] = ()

    since = forms.CharField(required=False, widget=forms.HiddenInput)
    queue = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, case: Case, user: User, queue: str = "", **more: Any) -> None:
        more.setdefault("initial", {})
        more["initial"] = {"since": case.since.isoformat(), "queue": queue} | self.first_values(case) | more["initial"]
        super().__init__(data, auto_id=f"id_{self.verb}_%s", **more)
        self.case, self.user = case, user
        self.photos: Mapping[str, Sequence[str]] = {}
        self.set_up()

    def first_values(self, case: Case) -> dict[str, Any]:  # noqa: ARG002 — those that depend on the case override it
        """What the form is filled with when it is opened."""
        return {}

    def set_up(self) -> None:
        """Fill choices that depend on the case."""

    @classmethod
    def offered(cls, case: Case, user: User) -> bool:  # noqa: ARG003 — as above
        """Whether the form makes sense now, beside being allowed."""
        return True

    def act(self) -> None:
        """Take the step with the cleaned values."""
        raise NotImplementedError

    def remarks(self) -> list[str]:
        """What to say beside "done", after the step; it stops nobody."""
        return []

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The visible fields, for the plain template."""
        return self.visible_fields()

    @property
    def known_photos(self) -> dict[str, list[dict[str, str]]]:
        """Photos that were already sent with a refused form."""
        return {
            name: [{"sha256": d, "thumb_url": f"/api/v1/media/{d}?size=thumb"} for d in digests]
            for name, digests in self.photos.items()
        }
