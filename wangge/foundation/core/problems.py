"""What could not be done, in one shape for pages and API.

A problem has three sentences for people (what happened, what was kept, what to do) and a stable code for programs
(RFC 7807 `type`). Doors translate it: a form error, a page, or `application/problem+json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Problem(Exception):
    """Base of everything that an action may refuse."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: _StrOrPromise = _("This could not be done.")
    kept: _StrOrPromise = _("Nothing was changed.")
    remedy: _StrOrPromise = _("Please check what you entered and try again.")

    def __init__(
        self,
        title: _StrOrPromise | None = None,
        *,
        kept: _StrOrPromise | None = None,
        remedy: _StrOrPromise | None = None,
        field: str | None = None,
        **detail: Any,
    ) -> None:
        if title is not None:
            self.title = title
        if kept is not None:
            self.kept = kept
        if remedy is not None:
            self.remedy = remedy
        self.field = field
        self.detail = detail
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.title)


class NotFoundError(Problem):
    """Does not exist, or is not for this person: the two are never told apart."""

    code = "not-found"
    status = 404
    title = _("There is nothing here that you may see.")
    remedy = _("Check the address, or ask whoever sent it to you.")


class NotAllowedError(Problem):
    """The person sees the object but has no right to do this with it."""

    code = "not-allowed"
    status = 403
    title = _("Your post does not allow this.")
    remedy = _("Ask the person on duty in the command centre.")


class InvalidError(Problem):
    """A value is missing or wrong; `field` names it."""

    code = "invalid"
    status = 422
    title = _("Something is missing or wrong.")


class ConflictError(Problem):
    """The state of things no longer permits this, or another wrote first."""

    code = "conflict"
    status = 409
    title = _("Somebody else has changed this in the meantime.")
    remedy = _("Look at the current state and decide again.")
