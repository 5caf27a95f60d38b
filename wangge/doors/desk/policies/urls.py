"""Addresses of the policy library and of the benefits lists."""

from django.urls import URLPattern, path

from wangge.doors.desk.policies import lists, views

urlpatterns: list[URLPattern] = [
    path("policies/", views.library, name="policies"),
    path("policies/new/", views.new, name="policy-new"),
    path("policies/unclaimed/", lists.unclaimed, name="unclaimed"),
    path("policies/renewals/", lists.renewals, name="renewals"),
    path("policies/<slug:policy>/", views.policy, name="policy"),
    path("policies/<slug:policy>/edit/", views.edit, name="policy-edit"),
    path("policies/<slug:policy>/withdraw/", views.withdraw, name="policy-withdraw"),
]
