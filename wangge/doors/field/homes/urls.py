"""Addresses of the house card on the phone."""

from django.urls import URLPattern, path

from wangge.doors.field.homes import views

urlpatterns: list[URLPattern] = [
    path("homes/<int:room_id>/", views.house, name="house"),
    path("homes/<int:room_id>/households/<int:household_id>/verify/", views.verify, name="house-verify"),
]
