"""API tokens, saved views: one's own, and nobody else's."""

import datetime as dt
import hashlib

import pytest
from django.db import transaction

from wangge.foundation.accounts import actions, queries
from wangge.foundation.accounts.models import ApiToken, SavedView
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotFoundError


def state():
    tables = (ApiToken, SavedView)
    return [list(table.objects.order_by("id").values()) for table in tables], AuditEntry.objects.count()


def refuses(error, act, *, field=None):
    before = state()
    with pytest.raises(error) as caught, transaction.atomic():
        act()
    assert (type(caught.value), caught.value.field) == (error, field)
    assert state() == before


def test_a_token_opens_for_its_user_and_its_secret_is_not_kept(town):
    token, secret = actions.issue_token(by=town.lin, name=" 手机 ")
    assert queries.user_by_token(secret) == town.lin
    assert (token.name, len(secret)) == ("手机", 46)
    assert bytes(ApiToken.objects.get().digest) == hashlib.sha256(secret.encode()).digest()
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.kind, entry.actor_id, entry.subject_id, entry.data) == ("token.issue", town.lin.pk, token.pk, {})


@pytest.mark.parametrize("wrong", ["", "wg_", "x" * 46, "wg_密钥"])
def test_what_is_no_token_opens_nothing(town, wrong):
    _token, secret = actions.issue_token(by=town.lin, name="手机")
    assert queries.user_by_token(wrong) is None
    assert queries.user_by_token(secret[:-1]) is None
    assert queries.user_by_token(secret.upper()) is None


def test_a_token_expires_by_itself(town, time_machine):
    start = dt.datetime(2026, 3, 2, 9, tzinfo=clock.OFFICE)
    time_machine.move_to(start, tick=False)
    _token, secret = actions.issue_token(by=town.lin, name="手机", days=30)
    time_machine.move_to(start + dt.timedelta(days=30, seconds=-1), tick=False)
    assert queries.user_by_token(secret) == town.lin
    time_machine.move_to(start + dt.timedelta(days=30), tick=False)
    assert queries.user_by_token(secret) is None


def test_an_ended_token_opens_nothing_and_ends_once(town):
    token, secret = actions.issue_token(by=town.lin, name="手机")
    _other, second = actions.issue_token(by=town.lin, name="电脑")
    actions.end_token(by=town.lin, token_id=token.pk)
    assert queries.user_by_token(secret) is None
    assert queries.user_by_token(second) == town.lin
    refuses(NotFoundError, lambda: actions.end_token(by=town.lin, token_id=token.pk))


def test_nobody_sees_or_ends_the_token_of_another(town):
    token, secret = actions.issue_token(by=town.lin, name="手机")
    for other in (town.gao, town.security, town.root):
        refuses(NotFoundError, lambda other=other: actions.end_token(by=other, token_id=token.pk))
        assert queries.tokens_of(other) == []
    assert queries.user_by_token(secret) == town.lin
    assert queries.tokens_of(town.lin) == [token]


def test_the_token_of_a_disabled_person_opens_nothing(town):
    _token, secret = actions.issue_token(by=town.lin, name="手机")
    actions.disable_user(user=town.lin, by=town.security)
    assert queries.user_by_token(secret) is None


def test_a_token_says_what_it_is_for(town):
    refuses(InvalidError, lambda: actions.issue_token(by=town.lin, name="  "), field="name")


def test_a_view_is_saved_under_a_name_and_overwritten_by_it(town):
    first = actions.save_view(by=town.chen, name=" 超期 ", query="overdue=1")
    again = actions.save_view(by=town.chen, name="超期", query="overdue=1&module=city")
    assert (first.pk, again.query) == (again.pk, "overdue=1&module=city")
    actions.save_view(by=town.luo, name="超期", query="")
    assert [(view.name, view.query) for view in queries.saved_views(town.chen)] == [("超期", "overdue=1&module=city")]


@pytest.mark.parametrize(
    ("name", "query", "field"), [(" ", "", "name"), ("名" * 41, "", "name"), ("名", "q" * 501, "query")]
)
def test_a_view_without_a_fitting_name_or_filter_is_refused(town, name, query, field):
    refuses(InvalidError, lambda: actions.save_view(by=town.chen, name=name, query=query), field=field)


def test_thirty_views_and_no_more(town):
    for number in range(30):
        actions.save_view(by=town.chen, name=f"{number}", query="")
    refuses(ConflictError, lambda: actions.save_view(by=town.chen, name="31", query=""))
    assert actions.save_view(by=town.chen, name="7", query="new").query == "new"
    assert len(queries.saved_views(town.chen)) == 30


def test_nobody_deletes_the_view_of_another(town):
    view = actions.save_view(by=town.chen, name="超期", query="")
    refuses(NotFoundError, lambda: actions.forget_view(by=town.luo, view_id=view.pk))
    actions.forget_view(by=town.chen, view_id=view.pk)
    assert queries.saved_views(town.chen) == []
    refuses(NotFoundError, lambda: actions.forget_view(by=town.chen, view_id=view.pk))
