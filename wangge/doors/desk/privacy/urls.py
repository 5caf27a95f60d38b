"""Addresses about looking at people."""

from django.urls import URLPattern, path

from wangge.doors.desk.privacy import officer, reveal

urlpatterns: list[URLPattern] = [
    path("people/reveal/", reveal.person, name="person-reveal"),
    path("people/beyond/", reveal.beyond, name="beyond"),
    path("firms/reveal/", reveal.firm, name="firm-reveal"),
    path("privacy/", officer.alerts, name="privacy"),
    path("privacy/alerts/<int:pk>/", officer.alert, name="privacy-alert"),
    path("privacy/week/", officer.week, name="privacy-week"),
    path("privacy/looks/", officer.at_person, name="privacy-looks"),
]
