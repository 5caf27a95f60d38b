"""Addresses of the pages about the workers' phones."""

from django.urls import URLPattern, path

from wangge.doors.desk.phones import views

urlpatterns: list[URLPattern] = [
    path("phones/", views.phones, name="phones"),
    path("phones/refused/", views.refusals, name="refusals"),
    path("phones/refused/<int:refused>/", views.refused, name="refused"),
]
