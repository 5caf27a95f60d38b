"""A photo "afterwards" is new: by its name, by its look, and also when it arrives after the step."""

from __future__ import annotations

import pytest

from wangge.domains.cases import actions, evidence, queries
from wangge.domains.cases.actions.photos import PhotoSeenError
from wangge.domains.cases.answers import hints
from wangge.domains.cases.models import CasePhoto, PhotoDoubt
from wangge.domains.cases.tests.shots import shot
from wangge.domains.cases.tests.traces import at, refused
from wangge.foundation.media.models import MediaFile

ONE, TWO, COPY = "1" * 64, "2" * 64, "3" * 64


def handle(town, case, after, **more):
    return actions.handle(case=case, by=town.he, outcome=town.outcome(after_photos=after, **more))


def test_the_photo_of_the_report_is_no_proof_that_it_is_done(town):
    case = town.handling(photos=[ONE])
    with refused(PhotoSeenError, field="after_photos") as caught:
        handle(town, case, [TWO, ONE])
    assert str(caught.value) == "处置后照片与本案已有的照片（上报）相同。"
    assert caught.value.detail == {"sha256": ONE}


def test_neither_is_the_photo_before_of_the_same_step(town):
    case = town.handling()
    with refused(PhotoSeenError, field="after_photos") as caught:
        handle(town, case, [TWO], before_photos=[TWO])
    assert str(caught.value) == "处置后照片与本案已有的照片（处置前）相同。"


def test_a_photo_afterwards_proves_one_case_only(town):
    first = handle(town, town.handling(), [ONE], before_photos=["b" * 64])
    case = town.handling()
    with refused(PhotoSeenError, field="after_photos") as caught:
        handle(town, case, [ONE], before_photos=["b" * 64])
    assert str(caught.value) == f"处置后照片已用于案件 {first.number}（处置后）。"


def test_a_number_is_named_only_to_whoever_may_see_that_case(town):
    other = town.handling(area=town.grid2)
    handle(town, other, [ONE], before_photos=["b" * 64])
    case = actions.sign_for(case=town.dispatched(unit=town.sanitation), by=town.hua)
    with refused(PhotoSeenError, field="after_photos") as caught:
        actions.handle(case=case, by=town.hua, outcome=town.outcome(after_photos=[ONE], before_photos=["b" * 64]))
    assert str(caught.value) == "处置后照片已用于另一案件。"
    assert other.number not in str(caught.value)


def test_after_a_rework_a_new_photo_is_needed(town):
    case = handle(town, town.handling(), [ONE], before_photos=["b" * 64])
    case = actions.rework(case=case, by=town.su, reason="未清运")
    with refused(PhotoSeenError, field="after_photos"):
        handle(town, case, [ONE])
    assert handle(town, case, [TWO]).state == "handled"


def test_a_photo_of_a_merged_case_is_one_of_this_case(town):
    into = town.reported()
    merged = town.reported(photos=[ONE])
    actions.merge(case=merged, into=into, by=town.bai)
    case = actions.file(case=into, by=town.bai, matter=town.shed)
    case = actions.sign_for(case=actions.dispatch(case=case, by=town.chen, unit=town.enforcement), by=town.he)
    with refused(PhotoSeenError, field="after_photos"):
        handle(town, case, [ONE], before_photos=["b" * 64])


def test_saved_again_it_is_the_same_photo(town):
    case = town.handling(photos=[ONE])
    shot(town, ONE, by=town.lin)
    actions.attach_arrived(media=MediaFile.objects.get(sha256=ONE), by=town.lin)
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    with refused(PhotoSeenError, field="after_photos") as caught:
        handle(town, case, [COPY])
    assert str(caught.value) == "处置后照片与本案已有的照片（上报）相同。"
    shot(town, TWO, by=town.he)
    assert handle(town, case, [TWO]).state == "handled"


def test_a_copy_of_the_photo_before_of_the_same_step(town):
    case = town.handling()
    shot(town, ONE, by=town.he)
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    with refused(PhotoSeenError, field="after_photos"):
        handle(town, case, [COPY], before_photos=[ONE])


def test_a_photo_of_a_report_elsewhere_does_not_bar_a_result_here(town):
    town.report(photos=[ONE])
    assert handle(town, town.handling(), [ONE], before_photos=["b" * 64]).state == "handled"


def test_what_is_settled_on_the_spot_is_proved_by_a_new_photo_too(town):
    before = CasePhoto.objects.count()
    with refused(PhotoSeenError, field="after_photos"):
        town.settled(photos=["c" * 64])
    assert CasePhoto.objects.count() == before


def test_a_copy_that_arrives_after_the_step_is_marked_for_the_verifier(town):
    case = town.handling(photos=[ONE])
    shot(town, ONE, by=town.lin)
    actions.attach_arrived(media=MediaFile.objects.get(sha256=ONE), by=town.lin)
    case = handle(town, case, [COPY, TWO])
    assert PhotoDoubt.objects.count() == 0
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    assert actions.attach_arrived(media=MediaFile.objects.get(sha256=COPY), by=town.he, at=at()) == 1
    doubt = PhotoDoubt.objects.get()
    assert (doubt.photo.sha256, doubt.earlier.sha256, doubt.earlier.kind, doubt.at) == (COPY, ONE, "report", at())
    assert town.read(case).state == "handled"  # not refused behind the unit's back
    shot(town, TWO, by=town.he)
    actions.attach_arrived(media=MediaFile.objects.get(sha256=TWO), by=town.he)
    assert PhotoDoubt.objects.count() == 1
    photos = queries.photos(case)
    marked = evidence.doubtful(photos)
    assert {photo.sha256: marked[photo.pk].sha256 for photo in photos if photo.pk in marked} == {COPY: ONE}


def test_the_earlier_photo_may_be_the_late_one(town):
    case = town.handling(photos=[ONE])
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    handle(town, case, [COPY])
    shot(town, ONE, by=town.lin)
    assert actions.attach_arrived(media=MediaFile.objects.get(sha256=ONE), by=town.lin) == 1
    assert PhotoDoubt.objects.values_list("photo__sha256", "earlier__sha256").get() == (COPY, ONE)


def test_the_photo_afterwards_of_another_case_is_found_when_it_arrives(town):
    first = handle(town, town.handling(), [ONE], before_photos=["b" * 64])
    second = handle(town, town.handling(), [COPY], before_photos=["b" * 64])
    shot(town, ONE, by=town.he)
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    for digest in (COPY, ONE):
        actions.attach_arrived(media=MediaFile.objects.get(sha256=digest), by=town.he)
    pairs = PhotoDoubt.objects.values_list("photo__case", "earlier__case")
    assert list(pairs) == [(second.pk, first.pk)]


def test_several_photos_of_one_step_may_show_the_same(town):
    case = handle(town, town.handling(), [ONE, COPY], before_photos=["b" * 64])
    shot(town, ONE, by=town.he)
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    for digest in (ONE, COPY):
        assert actions.attach_arrived(media=MediaFile.objects.get(sha256=digest), by=town.he) == 1
    assert (case.photos.filter(media__isnull=False).count(), PhotoDoubt.objects.count()) == (2, 0)


def test_an_import_vouches_for_its_photos(town):
    case = handle(town, town.handling(photos=[ONE]), [COPY])
    shot(town, ONE, by=None)
    shot(town, COPY, by=None, like=ONE, copy=True)
    for digest in (ONE, COPY):
        media = MediaFile.objects.get(sha256=digest)
        assert actions.attach_arrived(media=media, by=None, for_everybody=True) == 1
    assert (case.photos.filter(media__isnull=False).count(), PhotoDoubt.objects.count()) == (2, 0)


# -- photos that were missed


def test_a_photo_that_came_in_the_instant_of_its_report_is_attached_later_and_once(town):
    staff = town.report(photos=[ONE, TWO])
    resident = town.report(contact=town.wu(), photos=[ONE])
    town.sent(ONE, by=town.lin)  # nobody called attach_arrived: the two transactions did not see each other
    assert actions.attach_stragglers() == 1
    assert [photo.media is not None for photo in queries.photos(staff.case)] == [True, False]
    assert [photo.media for photo in queries.photos(resident.case)] == [None]  # Lin's bytes are not Mrs Wu's
    town.sent(ONE)
    assert actions.attach_stragglers() == 1
    assert [photo.media is not None for photo in queries.photos(resident.case)] == [True]
    assert actions.attach_stragglers() == 0


def test_what_never_arrives_does_not_stand_in_the_way(town):
    for n in range(3):
        town.report(photos=[f"{n:064x}"])
    last = town.report(photos=[ONE])
    town.sent(ONE, by=town.lin)
    assert actions.attach_stragglers(limit=1) == 1
    assert queries.photos(last.case)[0].media is not None


def test_a_straggler_is_looked_at_like_any_other(town):
    case = town.handling(photos=[ONE])
    shot(town, ONE, by=town.lin)
    handle(town, case, [COPY])
    shot(town, COPY, by=town.he, like=ONE, copy=True)
    assert actions.attach_stragglers(at=at()) == 2
    assert PhotoDoubt.objects.values_list("photo__sha256", "at").get() == (COPY, at())


# -- the answer


@pytest.mark.parametrize(
    ("text", "reply", "found"),
    [
        ("已现场拆除泡沫板房并清运。", "您反映的违建已拆除，感谢您的监督。", 0),
        ("已现场拆除。", " 已处理。 ", 1),
        ("已现场拆除泡沫板房。", "已现场拆除泡沫板房。", 1),
        ("已处理", "已处理", 2),
        ("已现场拆除。", "", 0),
    ],
)
def test_hints_about_an_answer_that_says_little(text, reply, found):
    assert len(hints(text, reply)) == found


def test_a_hint_stops_nobody(town):
    case = handle(town, town.handling(), [ONE], before_photos=["b" * 64], text="已处理", reply="已处理")
    assert (case.state, len(hints("已处理", case.reply))) == ("handled", 2)
