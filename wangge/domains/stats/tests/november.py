"""A month of cases written by the real steps at the instants given here: what the golden table is computed from by hand.

November 2026: Monday 2nd to Friday 6th is the first week; nothing is exchanged. The office works 8:30–12:00 and
14:30–18:00, seven hours. Exposed rubbish (06010) is to be accepted within 4 working hours, signed for within 4, and
handled within one working day: by 18:00 of the working day after the filing.
"""

from __future__ import annotations

import datetime as dt
import itertools

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case, Extension, Hang, Report, SecondCheck, Source, WhistleKind
from wangge.domains.cases.tests.leaders import leader
from wangge.foundation.core.clock import OFFICE

NOW = dt.datetime(2026, 11, 30, 18, 0, tzinfo=OFFICE)


def at(text: str) -> dt.datetime:
    """A day of the month and a time: "3 09:30"."""
    day, _, time = text.partition(" ")
    return dt.datetime.combine(dt.date(2026, 11, int(day)), dt.time.fromisoformat(time), tzinfo=OFFICE)


class November:
    """The cases by name."""

    def __init__(self, town) -> None:
        self.town = town
        self.cases: dict[str, Case] = {}
        self._photos = itertools.count(0x1000)
        self._addresses = itertools.count(1)
        self._leader = leader(town)
        for write in (self._ordinary, self._judged, self._ended_otherwise, self._on_the_spot, self._waiting):
            write()
        for write in (self._hung, self._procedures, self._elsewhere, self._whistled, self._checked_again):
            write()

    # -- steps

    def photo(self) -> str:
        return f"{next(self._photos):064x}"

    def report(self, name: str, when: str, *, resident: bool = False, area=None, address: str = "", **more) -> Report:
        area = area or self.town.grid1
        place = actions.Place(area=area, address=address or f"槐荫路{next(self._addresses)}号")
        who = {"contact": self.town.wu()} if resident else {"by": self.town.lin}
        values = {"place": place, "matter": self.town.litter, "photos": [self.photo()], "at": at(when)} | who | more
        report = self.town.report(**values)
        self.cases[name] = report.case
        return report

    def file(self, name: str, when: str, **more) -> None:
        case = self.cases[name]
        values = {"by": self.town.bai, "matter": self.town.litter} | more
        self.cases[name] = actions.file(case=case, at=at(when), **values)

    def dispatch(self, name: str, when: str, *, unit=None, by=None) -> None:
        unit = unit or self.town.enforcement
        self.cases[name] = actions.dispatch(case=self.cases[name], by=by or self.town.chen, unit=unit, at=at(when))

    def sign(self, name: str, when: str, *, by=None) -> None:
        self.cases[name] = actions.sign_for(case=self.cases[name], by=by or self.town.he, at=at(when))

    def contact(self, name: str, when: str) -> None:
        actions.contact(case=self.cases[name], by=self.town.he, text="已电话联系，约定明天上门。", at=at(when))

    def handle(self, name: str, when: str, *, by=None) -> None:
        outcome = self.town.outcome(text="已清理完毕。", reply="您反映的垃圾已清理干净。", after_photos=[self.photo()])
        self.cases[name] = actions.handle(case=self.cases[name], by=by or self.town.he, outcome=outcome, at=at(when))

    def verify(self, name: str, when: str) -> None:
        self.cases[name] = actions.verify(case=self.cases[name], by=self.town.su, at=at(when))

    def judge(self, name: str, when: str, solved: str, satisfied: str, *, contacted=None, voice: str = "") -> None:
        report = self.town.voice(self.cases[voice or name])
        actions.evaluate(report=report, solved=solved, satisfied=satisfied, contacted=contacted, at=at(when))
        self.cases[name] = self.town.read(self.cases[name])

    def until_signed(self, name: str, day: int, **more) -> None:
        """Reported 8:30, filed 9:00, sent to the law-enforcement team 9:30, signed for 10:00."""
        self.report(name, f"{day} 08:30", **more)
        self.file(name, f"{day} 09:00")
        self.dispatch(name, f"{day} 09:30")
        self.sign(name, f"{day} 10:00")

    # -- the month

    def _ordinary(self) -> None:
        # good: two voices, both answered.
        self.report("good", "2 08:30", resident=True)
        self.report("same", "2 08:40", resident=True)
        actions.merge(case=self.cases["same"], into=self.cases["good"], by=self.town.bai, at=at("2 08:50"))
        self.file("good", "2 09:00")
        self.dispatch("good", "2 09:30")
        self.sign("good", "2 10:00")
        self.contact("good", "2 11:00")
        self.handle("good", "2 17:00")
        self.verify("good", "3 09:00")
        self.judge("good", "3 10:00", "yes", "yes", contacted=True)
        self.judge("good", "3 10:30", "partly", "fairly", voice="same")

        # late everywhere: accepted a minute late (due 2nd 15:00), signed a minute late (due 3rd 10:00), never contacted,
        # handled half an hour late (due 3rd 18:00).
        self.report("late", "2 08:30", resident=True)
        self.file("late", "2 15:01")
        self.dispatch("late", "2 15:30")
        self.sign("late", "3 10:01")
        self.handle("late", "4 09:00")
        self.verify("late", "4 10:00")
        self.judge("late", "4 11:00", "partly", "fairly", contacted=False)

        # patrol: nobody to ask, closed by rule; reported again by a resident on the 20th.
        self.until_signed("patrol", 2, address="和平巷3号")
        self.handle("patrol", "3 17:30")
        self.verify("patrol", "4 09:00")

        # reworked: in time the first time, an hour late the second.
        self.until_signed("reworked", 2, area=self.town.grid2)
        self.handle("reworked", "2 16:00")
        actions.rework(case=self.cases["reworked"], by=self.town.su, reason="角落里还有。", at=at("2 17:00"))
        self.handle("reworked", "4 09:30")
        self.verify("reworked", "4 10:00")

        # returned by the law-enforcement team, handled by the sanitation station.
        self.report("returned", "2 08:30")
        self.file("returned", "2 09:00")
        self.dispatch("returned", "2 09:30")
        self.cases["returned"] = actions.send_back(
            case=self.cases["returned"], by=self.town.he, reason="属环卫作业范围。", basis="职责清单", at=at("2 10:00")
        )
        self.dispatch("returned", "2 10:30", unit=self.town.sanitation)
        self.sign("returned", "2 11:00", by=self.town.hua)
        self.handle("returned", "3 10:00", by=self.town.hua)
        self.verify("returned", "3 11:00")

    def _judged(self) -> None:
        # reopened: not solved, upheld; the new round is due on the 4th at 18:00 and half an hour late.
        self.until_signed("reopened", 2, resident=True)
        self.contact("reopened", "2 10:30")
        self.handle("reopened", "2 12:00")
        self.verify("reopened", "2 15:00")
        self.judge("reopened", "2 16:00", "no", "no", contacted=True)
        reason = "现场复查，垃圾仍在。"
        case = actions.reopen(case=self.cases["reopened"], by=self.town.luo, reason=reason, at=at("3 09:00"))
        self.cases["reopened"] = case
        self.handle("reopened", "5 09:00")
        self.verify("reopened", "5 10:00")
        self.judge("reopened", "5 11:00", "yes", "fairly")

        # dismissed: not solved, he says; the objection is not upheld. Contacted in the very last minute.
        self.until_signed("dismissed", 3, resident=True)
        self.contact("dismissed", "4 18:00")
        self.handle("dismissed", "4 18:00")
        self.verify("dismissed", "5 09:00")
        self.judge("dismissed", "5 10:00", "no", "no", contacted=False)
        reason = "垃圾已清，反映的是新堆放的，另行立案。"
        self.cases["dismissed"] = actions.dismiss(
            case=self.cases["dismissed"], by=self.town.luo, reason=reason, at=at("5 11:00")
        )

        # silent: closed by the duty chief, nobody answered.
        self.until_signed("silent", 3, resident=True, area=self.town.grid2)
        self.contact("silent", "3 10:10")
        self.handle("silent", "3 17:00")
        self.verify("silent", "4 09:00")
        self.cases["silent"] = actions.close(case=self.cases["silent"], by=self.town.luo, at=at("4 15:00"))

    def _ended_otherwise(self) -> None:
        self.report("declined", "3 08:30", resident=True)
        reason, channel = "不属于街道职责。", "请拨打供电热线。"
        actions.decline(case=self.cases["declined"], by=self.town.bai, reason=reason, channel=channel, at=at("3 09:00"))
        self.report("void", "3 08:30")
        self.file("void", "3 09:00")
        actions.void(case=self.cases["void"], by=self.town.luo, reason="重复录入。", at=at("3 09:10"))

    def _on_the_spot(self) -> None:
        for name in ("settled", "settled_badly"):
            done = actions.Outcome(
                result="solved", text="已当场清理。", reply="已当场清理干净。", after_photos=[self.photo()]
            )
            self.report(name, "3 09:00", resident=True, by=self.town.lin, source=Source.ON_BEHALF, settled=done)
        actions.pass_spot_check(case=self.cases["settled"], by=self.town.su, at=at("3 10:00"))
        actions.refuse_spot_check(
            case=self.cases["settled_badly"], by=self.town.su, reason="没有清理干净。", at=at("3 10:00")
        )

    def _waiting(self) -> None:
        self.until_signed("unhandled", 3)  # due 4th 18:00
        self.report("unsigned", "3 08:30")  # to be signed for by the 3rd 16:00, handled by the 4th 18:00
        self.file("unsigned", "3 09:00")
        self.dispatch("unsigned", "3 09:30")
        self.report("unaccepted", "3 08:30", area=self.town.grid2)  # due 3rd 15:00
        self.report("again", "20 09:00", resident=True, address="和平巷3号")  # due 20th 15:30

    def _hang(self, name: str) -> None:
        self.until_signed(name, 3)
        day = dt.date(2026, 11, 20)
        plan = "待雨季过后统一清运。"
        actions.ask_hang(
            case=self.cases[name], by=self.town.he, why="season", plan=plan, review_on=day, at=at("3 11:00")
        )
        asked = Hang.objects.get(case=self.cases[name])
        self.cases[name] = actions.hang(hang=asked, by=self._leader, at=at("3 11:30"))

    def _hung(self) -> None:
        self._hang("hung")  # nobody looked on the 20th, and it hangs on

        # taken_up by the leader: eleven hours were left on the 3rd at 11:30, so it is due on the 17th at 15:30.
        self._hang("taken_up")
        self.cases["taken_up"] = actions.resume(
            case=self.cases["taken_up"], by=self._leader, reason="雨停了。", at=at("16 09:00")
        )
        self.handle("taken_up", "16 10:00")
        self.verify("taken_up", "16 11:00")

        # came_back by its date: due eleven working hours after the 20th, on the 23rd at 15:00; nobody handles it.
        self._hang("came_back")
        self.cases["came_back"] = actions.resume_by_date(case=self.cases["came_back"], at=at("20 00:00"))

    def _procedures(self) -> None:
        # extended by two working days, from the 5th 18:00 to the 9th 18:00.
        self.until_signed("extended", 4, area=self.town.grid2)
        actions.ask_extension(
            case=self.cases["extended"], by=self.town.he, days=2, reason="要调吊车。", at=at("4 11:00")
        )
        asked = Extension.objects.get(case=self.cases["extended"])
        self.cases["extended"] = actions.grant_extension(extension=asked, by=self.town.luo, at=at("4 12:00"))
        self.handle("extended", "9 10:00")
        self.verify("extended", "9 11:00")

        # passed_up: at the street again, to be dispatched; due 5th 18:00.
        self.until_signed("passed_up", 4)
        actions.escalate(case=self.cases["passed_up"], by=self.town.he, reason="需区里协调。", at=at("4 11:00"))

    def _elsewhere(self) -> None:
        self.until_signed("next_community", 4, area=self.town.grid3)
        self.handle("next_community", "4 16:00")
        self.verify("next_community", "5 09:00")

        self.report("other_street", "4 08:30", resident=True, area=self.town.north_grid)
        self.file("other_street", "4 09:00", by=self.town.zhao)
        self.dispatch("other_street", "4 09:30", unit=self.town.north_enforcement, by=self.town.zhao)

    def _whistled(self) -> None:
        # whistled: of street level; two units came, one in time, one excused.
        town = self.town
        self.report("whistled", "5 08:30", resident=True)
        self.file("whistled", "5 09:00", level=3)
        self.dispatch("whistled", "5 09:30")
        self.sign("whistled", "5 10:00")
        kind = WhistleKind.objects.get(code="emergency")
        summoned = [actions.whistling.Summons(unit) for unit in (town.enforcement, town.sanitation, town.peace)]
        whistle = actions.whistling.blow_and_call(
            case=self.cases["whistled"],
            by=town.luo,
            kind=kind,
            reason="水管爆裂。",
            units=summoned,
            lead=town.enforcement,
            at=at("5 10:00"),
        )
        first, second, third = whistle.calls.order_by("id")
        actions.whistling.excuse(call=third, by=town.luo, reason="正在处置另一处险情。", at=at("5 10:05"))
        for call, who, when in ((first, town.he, "5 10:20"), (second, town.hua, "5 10:40")):
            actions.whistling.arrive(call=call, by=who, at=at(when))
            actions.whistling.vouch(call=call, by=town.luo, at=at("5 10:45"))
        actions.whistling.conclude(
            whistle=whistle, by=town.he, conclusion="已关阀抢修，今晚恢复。", photos=[self.photo()], at=at("5 11:30")
        )
        marks = {
            first.pk: actions.whistling.Marks(3, 3, 3),
            second.pk: actions.whistling.Marks(1, 2, 3, remark="迟到十分钟。"),
        }
        actions.whistling.rate(whistle=whistle, by=town.luo, marks=marks, at=at("5 14:30"))
        self.cases["whistled"] = town.read(self.cases["whistled"])
        self.contact("whistled", "5 11:40")
        self.handle("whistled", "5 17:00")
        self.verify("whistled", "6 09:00")
        self.judge("whistled", "6 10:00", "yes", "yes", contacted=True)

        # of_street_level: filed and not yet dispatched; due 6th 18:00.
        self.report("of_street_level", "5 08:30")
        self.file("of_street_level", "5 09:00", level=3)

        # secret: confidential, unsigned; to be signed for by the 5th 16:00, handled in two working days, by the 9th.
        self.report("secret", "5 08:30", resident=True, matter=town.secret)
        self.file("secret", "5 09:00", matter=town.secret)
        self.dispatch("secret", "5 09:30", by=town.luo, unit=town.peace)

    def _checked_again(self) -> None:
        """Three second checks done, one of them not passed; one drawn and never done. Only the rows: a second check that
        fails would take its case out of the closed ones.
        """
        SecondCheck.objects.all().delete()  # the draw is by lot
        lots = (
            # case, due, done, passed
            ("good", "6 18:00", "5 10:00", True),
            ("patrol", "6 18:00", "6 18:00", False),
            ("returned", "6 18:00", "6 17:59", True),
            ("silent", "9 18:00", None, None),
        )
        for name, due, done, passed in lots:
            verification = self.cases[name].verifications.get()
            SecondCheck.objects.create(
                case=verification.case,
                verification=verification,
                unit=verification.case.unit,
                round=1,
                percent=10,
                why="sample",
                drawn_at=verification.at,
                due_at=at(due),
                by=self.town.gao if done else None,
                at=at(done) if done else None,
                passed=passed,
                lapsed="" if done else "late",
                lapsed_at=None if done else at(due),
            )
