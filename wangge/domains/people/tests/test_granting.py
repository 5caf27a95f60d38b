"""Leave to look beyond one's own place; the search for a lost person."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache

from wangge.domains.people import access
from wangge.domains.people.actions import granting, reviewing
from wangge.domains.people.models import AccessGrant, PrivacyAlert
from wangge.foundation.accounts import second_factor
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.notifications.models import Notice


@pytest.fixture
def code(town):
    """The second factor of Lin: what his device shows now."""
    cache.clear()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(town.lin, secret)
    return lambda: totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def ask(town, homes, code, **more):
    asked = {"by": town.lin, "household": homes.cheng_home, "purpose": "emergency", "reference": "NC-7", "code": code}
    return granting.grant(**asked | more)


def test_a_grant_alerts_the_officer_at_once(town, homes, code):
    held = ask(town, homes, code())
    assert held.expires_at - held.granted_at == dt.timedelta(minutes=30)
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user, alert.purpose, alert.reference, alert.households, alert.area_path) == (
        "out_of_place", town.lin, "emergency", "NC-7", [homes.cheng_home.pk], town.grid1.path
    )  # fmt: skip
    notice = Notice.objects.get(kind="privacy.alert")
    assert (notice.user, notice.subject_id, notice.urgent) == (town.tan, alert.pk, True)
    row = AuditEntry.objects.get(kind="access.grant")
    assert (row.subject_id, row.data) == (
        homes.cheng_home.pk, {"grant": held.pk, "purpose": "emergency", "reference": "NC-7"}
    )  # fmt: skip
    assert access.get_person(town.lin, homes.girl.public_id) == homes.girl


def test_the_same_again_while_it_runs_is_the_same_grant(town, homes, code, time_machine):
    start = clock.now()
    time_machine.move_to(start)
    held = ask(town, homes, code())
    time_machine.move_to(start + dt.timedelta(minutes=5))
    assert ask(town, homes, code()) == held
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (1, 1)
    assert ask(town, homes, _later(time_machine, start, code), purpose="petition") != held
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (2, 2)


def _later(time_machine, start, code):
    time_machine.move_to(start + dt.timedelta(minutes=10))
    return code()


def test_a_code_opens_once(town, homes, code):
    shown = code()
    ask(town, homes, shown)
    with pytest.raises(InvalidError):
        ask(town, homes, shown, household=homes.sun_home)
    assert AccessGrant.objects.count() == 1


@pytest.mark.parametrize(
    "more",
    [
        {"purpose": "rescue"},
        {"purpose": ""},
        {"purpose": "x"},
        {"reference": "x" * 41},
        {"code": "000000"},
        {"code": "密"},
    ],
)
def test_refusals_leave_no_grant_and_no_alert(town, homes, code, more):
    with pytest.raises(InvalidError):
        ask(town, homes, **{"code": code()} | more)
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (0, 0)


def test_without_a_second_factor_or_the_right_there_is_none(town, homes, code):
    with pytest.raises(second_factor.NoSecondFactorError):
        ask(town, homes, "123456", by=town.fang)
    with pytest.raises(NotAllowedError):
        ask(town, homes, code(), by=town.chen)
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (0, 0)


def test_five_wrong_codes_lock(town, homes, code, time_machine):
    start = clock.now()
    time_machine.move_to(start)
    for _n in range(5):
        with pytest.raises(InvalidError):
            ask(town, homes, "000000")
    with pytest.raises(second_factor.TooManyTriesError):
        ask(town, homes, code())
    assert AccessGrant.objects.count() == 0
    assert AuditEntry.objects.filter(kind="user.second_factor_wrong", actor_id=town.lin.pk).count() == 5
    time_machine.move_to(start + dt.timedelta(minutes=16))
    assert ask(town, homes, code()).user == town.lin


def test_a_rescue_needs_no_second_factor(town, homes):
    (held,) = granting.rescue(by=town.chen, households=[homes.cheng_home])
    assert held.expires_at - held.granted_at == dt.timedelta(minutes=30)
    assert held.purpose == "rescue"
    assert access.get_person(town.chen, homes.girl.public_id) == homes.girl
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.households) == ("rescue", [homes.cheng_home.pk])
    assert Notice.objects.filter(kind="privacy.alert", user=town.tan).count() == 1
    assert granting.rescue(by=town.chen, households=[homes.cheng_home]) == [held]
    assert PrivacyAlert.objects.count() == 1


def test_at_most_three_households(town, homes):
    with pytest.raises(InvalidError):
        granting.rescue(by=town.chen, households=[homes.cheng_home, homes.sun_home, homes.wu_home, homes.wang_home])
    assert len(granting.rescue(by=town.chen, households=[homes.cheng_home, homes.sun_home, homes.wu_home])) == 3


def test_a_rescue_needs_the_right(town, homes):
    for other in (town.su, town.he, town.tan, town.root):
        with pytest.raises(NotAllowedError):
            granting.rescue(by=other, households=[homes.cheng_home])
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (0, 0)


def test_rescues_are_capped_an_hour_and_a_night(town, homes, time_machine):
    evening = dt.datetime(2026, 11, 20, 20, 0, tzinfo=clock.OFFICE)
    time_machine.move_to(evening, tick=False)
    for _n in range(5):
        assert granting.rescue(by=town.lin, households=[]) == []  # one that finds nobody counts
    for _n in range(2):
        with pytest.raises(granting.TooManyRescuesError) as caught:
            granting.rescue(by=town.lin, households=[homes.cheng_home])
        assert caught.value.status == 429
    assert PrivacyAlert.objects.filter(kind="rescue_cap").count() == 1
    assert AccessGrant.objects.count() == 0
    assert granting.rescue(by=town.chen, households=[homes.cheng_home])[0].user == town.chen  # others may
    time_machine.move_to(evening + dt.timedelta(hours=1), tick=False)
    for _n in range(5):
        granting.rescue(by=town.lin, households=[])
    time_machine.move_to(evening + dt.timedelta(hours=3), tick=False)
    with pytest.raises(granting.TooManyRescuesError):
        granting.rescue(by=town.lin, households=[])
    time_machine.move_to(evening + dt.timedelta(hours=12), tick=False)
    assert granting.rescue(by=town.lin, households=[]) == []


def test_the_officer_reviews(town, homes):
    granting.rescue(by=town.chen, households=[homes.cheng_home])
    alert = PrivacyAlert.objects.get()
    for wrong, problem in (
        ({"by": town.chen, "verdict": "justified"}, NotAllowedError),
        ({"by": town.zhao, "verdict": "justified"}, NotAllowedError),
        ({"by": town.tan, "verdict": ""}, InvalidError),
        ({"by": town.tan, "verdict": "fine"}, InvalidError),
        ({"by": town.tan, "verdict": "misuse", "note": " "}, InvalidError),
    ):
        with pytest.raises(problem):
            reviewing.review(alert=alert, **wrong)
    assert PrivacyAlert.objects.get().verdict == ""
    reviewing.review(by=town.tan, alert=alert, verdict="explain", note="来电说明是哪个孩子")
    assert Notice.objects.get(kind="privacy.explain").user == town.chen
    row = reviewing.review(by=town.tan, alert=alert, verdict="justified", note="已核实")
    assert (row.verdict, row.note, row.reviewed_by) == ("justified", "已核实", town.tan)
    with pytest.raises(ConflictError):
        reviewing.review(by=town.tan, alert=alert, verdict="misuse", note="x")
    assert PrivacyAlert.objects.get().verdict == "justified"
    assert AuditEntry.objects.filter(kind="privacy.review").count() == 2
