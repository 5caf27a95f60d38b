"""The log-in page itself: in, out, and locked after five wrong passwords."""

import datetime as dt

import pytest
from django.urls import reverse

from tests.town import PASSWORD
from wangge.foundation.accounts import actions
from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock


@pytest.fixture(autouse=True)
def _known_password(town):
    for name in ("lin", "gao"):
        user = getattr(town, name)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])


def log_in(client, login="lin", password=PASSWORD, address="203.0.113.7"):
    return client.post(reverse("account_login"), {"login": login, "password": password}, REMOTE_ADDR=address)


def signed_in(client):
    return client.session.get("_auth_user_id")


def test_the_right_password_opens(client, town):
    answer = log_in(client)
    assert (answer.status_code, answer.url) == (302, reverse("home"))
    assert signed_in(client) == str(town.lin.pk)


@pytest.mark.parametrize(
    ("login", "password"), [("lin", "wrong"), ("nobody", PASSWORD), ("", ""), ("lin", ""), ("su", "")]
)
def test_a_wrong_one_does_not_and_does_not_say_why(client, login, password):
    answer = log_in(client, login, password)
    assert answer.status_code == 200
    assert signed_in(client) is None


def test_a_wrong_name_and_a_wrong_password_read_alike(client):
    errors = [log_in(client, *pair).context["form"].errors for pair in (("lin", "wrong"), ("nobody", "wrong"))]
    assert errors[0] == errors[1] != {}


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(client, town, time_machine):
    start = dt.datetime(2026, 3, 2, 9, tzinfo=clock.OFFICE)
    time_machine.move_to(start, tick=False)
    answers = [log_in(client, password="wrong").status_code for _time in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert log_in(client).status_code == 429  # the right one is not asked
    assert signed_in(client) is None
    assert log_in(client, "gao").status_code == 302  # nobody else is locked
    client.logout()
    time_machine.move_to(start + dt.timedelta(minutes=14), tick=False)
    assert log_in(client).status_code == 429
    time_machine.move_to(start + dt.timedelta(minutes=30, seconds=1), tick=False)
    assert log_in(client).status_code == 302


def test_another_spelling_is_the_same_log_in(client):
    for login in ("lin", "LIN", "Lin", " lin", "lIn"):
        log_in(client, login, "wrong")
    assert log_in(client).status_code == 429
    assert signed_in(client) is None


def test_a_right_password_forgets_the_wrong_ones(client):
    for _round in range(2):
        for _time in range(4):
            assert log_in(client, password="wrong").status_code == 200
        assert log_in(client).status_code == 302
        client.logout()


def test_a_stranger_elsewhere_does_not_lock_her_out(client):
    for _time in range(6):
        log_in(client, password="wrong", address="198.51.100.9")
    assert log_in(client, address="203.0.113.7").status_code == 302


def test_a_disabled_person_does_not_get_in_and_is_out_at_the_next_request(client, town):
    log_in(client)
    assert signed_in(client) == str(town.lin.pk)
    actions.disable_user(user=town.lin, by=town.security)
    assert client.get(reverse("account_change_password")).status_code == 302  # to the log-in page
    client.logout()
    log_in(client)
    assert signed_in(client) is None


def test_who_has_no_password_cannot_log_in(client, town):
    assert town.su.has_usable_password() is False
    for guess in ("", "!", "None", PASSWORD):
        log_in(client, "su", guess)
        assert signed_in(client) is None


def test_nobody_signs_himself_up(client):
    before = User.objects.count()
    for path in ("/account/signup/", "/accounts/signup/"):
        assert client.post(path, {"username": "x", "password1": PASSWORD}).status_code == 404
    assert User.objects.count() == before


def test_the_next_address_is_one_of_ours(client):
    answer = client.post(
        reverse("account_login") + "?next=https://evil.example/", {"login": "lin", "password": PASSWORD}
    )
    assert answer.url == reverse("home")
