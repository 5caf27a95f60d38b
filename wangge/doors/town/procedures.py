"""延期, 挂账, 争议研判, 重办 and 复核 in the stories: the steps as `stories.yaml` writes them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.cases import actions, lateness, procedures
from wangge.foundation.core import clock
from wangge.foundation.media import actions as media

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case
    from wangge.doors.town.pictures import Album
    from wangge.foundation.accounts.models import Organisation, User


class ProcedureSteps:
    """Mixed into the teller of stories, which says who, where and when."""

    _album: Album
    _at: dt.datetime
    _unit: Organisation | None

    def _who(self, key: str | None) -> User | None:
        raise NotImplementedError

    def _named(self, key: str) -> Organisation:
        raise NotImplementedError

    def _pictures(self, keys: tuple[str, ...] | list[str], at: dt.datetime) -> list[str]:
        raise NotImplementedError

    def _later(self, at: dt.datetime, hours: float) -> dt.datetime:
        raise NotImplementedError

    # -- 延期, 挂账

    def _ask_extension(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.ask_extension(
            case=case, by=self._who(who), days=more["days"], reason=more["reason"], at=self._at
        )

    def _grant_extension(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        asked = procedures.open_extension(case)
        if asked is None:
            raise LookupError(case.number)
        return actions.grant_extension(extension=asked, by=self._who(who), note=more.get("note", ""), at=self._at)

    def _ask_hang(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        """`review`: in how many days it is looked at again."""
        review_on = clock.day_of(self._at) + dt.timedelta(days=more["review"])
        return actions.ask_hang(
            case=case, by=self._who(who), why=more["why"], plan=more["plan"], review_on=review_on, at=self._at
        )

    def _hang(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        asked = procedures.open_hang(case)
        if asked is None:
            raise LookupError(case.number)
        return actions.hang(hang=asked, by=self._who(who), note=more.get("note", ""), at=self._at)

    # -- 督办

    def _supervise(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        actions.supervising.supervise(
            case=case, by=self._who(who), text=more["text"], reply_days=more["days"], at=self._at
        )
        case.refresh_from_db()
        return case

    def _answer_supervision(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        by = self._who(who)
        slip = lateness.slips_to_answer(case, by)[-1]
        actions.supervising.answer(supervision=slip, by=by, text=more["text"], at=self._at)
        case.refresh_from_db()
        return case

    # -- 退回, 争议研判

    def _send_back(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.send_back(case=case, by=self._who(who), reason=more["reason"], basis=more["basis"], at=self._at)

    def _call_ruling(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        """`meets`: after how many working hours."""
        return actions.call_ruling(
            case=case,
            by=self._who(who),
            meet_at=self._later(self._at, more["meets"]),
            place=more["place"],
            units=[self._named(key) for key in more["units"]],
            at=self._at,
        )

    def _rule(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        self._unit = self._named(more["unit"])
        return actions.rule(
            case=case, by=self._who(who), unit=self._unit, minutes=more["minutes"], basis=more["basis"], at=self._at
        )

    # -- 重办, 复核

    def _reopen(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.reopen(case=case, by=self._who(who), reason=more["note"], at=self._at)

    def _photos_arrive(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        """The bytes of photos that were promised: from now on it is known what they look like."""
        by = self._who(who)
        for digest in self._pictures(more["photos"], self._at):
            self._send(digest, by)
        return case

    def _pass_second_check(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        by = self._who(who)
        return actions.pass_second_check(case=case, by=by, photos=self._fresh(more, by), note=more["note"], at=self._at)

    def _fail_second_check(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        by = self._who(who)
        photos = self._fresh(more, by)
        return actions.fail_second_check(case=case, by=by, photos=photos, reason=more["note"], at=self._at)

    def _fresh(self, more: dict[str, Any], by: User | None) -> list[str]:
        """Photos taken on the spot and sent at once, as a second check asks for."""
        photos = self._pictures(more["photos"], self._at)
        for digest in photos:
            self._send(digest, by)
        return photos

    def _send(self, digest: str, by: User | None) -> None:
        accepted = media.accept(by=by, content=self._album.drawn[digest], sha256=digest, at=self._at)
        actions.attach_arrived(media=accepted, by=by, at=self._at)
