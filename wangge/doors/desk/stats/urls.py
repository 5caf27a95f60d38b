"""Addresses of the figures."""

from django.urls import URLPattern, path

from wangge.doors.desk.stats import views

urlpatterns: list[URLPattern] = [
    path("stats/", views.overview, name="stats"),
    path("stats/figures.csv", views.export, name="stats-export"),
    path("stats/homes/<slug:measure>/", views.home_measure, name="stats-home"),
    path("stats/field/<slug:measure>/", views.field_measure, name="stats-field"),
    path("stats/<slug:indicator>/", views.indicator, name="stats-indicator"),
    path("stats/<slug:indicator>/rows/", views.rows, name="stats-rows"),
]
