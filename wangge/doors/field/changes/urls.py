"""Addresses of the changes of population on the phone."""

from django.urls import URLPattern, path

from wangge.doors.field.changes import views

urlpatterns: list[URLPattern] = [
    path("homes/<int:room_id>/change/", views.choose, name="change"),
    path("homes/<int:room_id>/change/<slug:kind>/", views.tell, name="change-tell"),
]
