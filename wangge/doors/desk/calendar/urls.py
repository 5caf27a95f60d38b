"""Addresses of the calendar."""

from django.urls import URLPattern, path

from wangge.doors.desk.calendar import views

urlpatterns: list[URLPattern] = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/notice/", views.notice, name="calendar-notice"),
    path("calendar/days/", views.add_day, name="calendar-day-add"),
    path("calendar/days/<int:pk>/end/", views.end_day, name="calendar-day-end"),
    path("calendar/plans/", views.add_plan, name="calendar-plan-add"),
    path("calendar/plans/<int:pk>/end/", views.end_plan, name="calendar-plan-end"),
]
