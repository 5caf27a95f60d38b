"""Photos are promised by their sha256 and attached when the bytes arrive, once and for all."""

import pytest

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import CasePhoto
from wangge.foundation.core.problems import NotFoundError

ONE, TWO = "1" * 64, "2" * 64


def test_a_promised_photo_is_attached_when_it_arrives_and_once(town):
    case, other = town.reported(photos=[ONE, TWO]), town.reported(photos=[ONE])
    assert [photo.media for photo in queries.photos(case)] == [None, None]
    media = town.sent(ONE, by=town.lin)
    assert actions.attach_arrived(media=media, by=town.lin) == 2
    assert actions.attach_arrived(media=media, by=town.lin) == 0
    assert [photo.media for photo in queries.photos(case)] == [media, None]
    assert [photo.media for photo in queries.photos(other)] == [media]


def test_a_photo_that_is_already_there_is_attached_at_once(town):
    media = town.sent(ONE, by=town.lin)
    assert [photo.media for photo in queries.photos(town.reported(photos=[ONE, ONE]))] == [media]


def test_knowing_the_name_of_a_photo_is_not_having_it(town):
    """Gao names Lin's photo in a report of his own: he is shown nothing until he sends the bytes himself."""
    town.sent(ONE, by=town.lin)
    case = town.reported(by=town.gao, area=town.grid2, photos=[ONE])
    assert [photo.media for photo in queries.photos(case)] == [None]
    with pytest.raises(NotFoundError):
        queries.photo_for(town.gao, ONE)
    assert actions.attach_arrived(media=town.sent(ONE, by=town.lin), by=town.lin) == 0
    assert actions.attach_arrived(media=town.sent(ONE, by=town.gao), by=town.gao) == 1
    assert queries.photo_for(town.gao, ONE).sha256 == ONE


def test_an_attached_photo_is_never_replaced(town):
    case = town.reported(photos=[ONE])
    actions.attach_arrived(media=town.sent(ONE, by=town.lin), by=town.lin)
    other = town.sent(TWO, by=town.lin)
    assert actions.attach_arrived(media=other, by=town.lin) == 0
    assert [photo.media.sha256 for photo in queries.photos(case)] == [ONE]


def test_the_same_photo_twice_in_one_kind_is_kept_once(town):
    case = town.handling(photos=[ONE])
    actions.handle(case=case, by=town.he, outcome=town.outcome(after_photos=[TWO, TWO]))
    assert list(CasePhoto.objects.filter(case=case).order_by("id").values_list("kind", "sha256")) == [
        ("report", ONE),
        ("after", TWO),
    ]


def test_a_photo_is_served_to_those_who_see_the_case(town):
    town.reported(photos=[ONE])
    with pytest.raises(NotFoundError):  # promised, not arrived
        queries.photo_for(town.lin, ONE)
    actions.attach_arrived(media=town.sent(ONE, by=town.lin), by=town.lin)
    for user in (town.lin, town.fang, town.chen, town.qian):
        assert queries.photo_for(user, ONE).sha256 == ONE
    for user in (town.gao, town.zhao, town.he, town.tan, town.root, None):
        with pytest.raises(NotFoundError):
            queries.photo_for(user, ONE)


def test_who_reported_sees_his_own_photo_wherever_it_lies(town):
    town.reported(by=town.gao, area=town.grid1, photos=[ONE])
    actions.attach_arrived(media=town.sent(ONE, by=town.gao), by=town.gao)
    assert queries.photo_for(town.gao, ONE).sha256 == ONE


def test_the_link_shows_ones_own_photos_and_the_result(town):
    town.sent(ONE), town.sent(TWO), town.sent("a" * 64, by=town.he)
    case = town.handling(contact=town.wu(), photos=[ONE])
    second = actions.join(case=case, by=None, source="scan", text="也是", place=town.place(), photos=[TWO])
    shown = lambda report: [p.sha256 for p in queries.photos_of_report(report)]  # noqa: E731
    assert (shown(town.voice(case)), shown(second)) == ([ONE], [TWO])
    actions.handle(case=case, by=town.he, outcome=town.outcome())
    second.refresh_from_db()
    assert (shown(town.voice(case)), shown(second)) == ([ONE, "a" * 64], [TWO, "a" * 64])
