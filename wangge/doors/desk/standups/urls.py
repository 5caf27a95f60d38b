"""Addresses of stand-ups and of the tasks agreed there."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
