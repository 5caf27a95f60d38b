"""Addresses of files in and out."""

from django.urls import URLPattern, path

from wangge.doors.files import incoming, outgoing

app_name = "files"

urlpatterns: list[URLPattern] = [
    path("", incoming.home, name="home"),
    path("in/", incoming.bring, name="bring"),
    path("in/template/<slug:what>.xlsx", incoming.template, name="template"),
    path("in/<uuid:batch>/", incoming.batch_page, name="batch"),
    path("in/<uuid:batch>/columns/", incoming.columns, name="columns"),
    path("in/<uuid:batch>/progress/", incoming.progress, name="progress"),
    path("in/<uuid:batch>/faults.xlsx", incoming.faults, name="faults"),
    path("in/<uuid:batch>/table.xlsx", incoming.table, name="table"),
    path("in/<uuid:batch>/apply/", incoming.take_in, name="apply"),
    path("in/<uuid:batch>/undo/", incoming.undo, name="undo"),
    path("out/", outgoing.exports, name="exports"),
    path("out/ask/", outgoing.ask, name="ask"),
    path("out/<uuid:export>/", outgoing.export_page, name="export"),
    path("out/<uuid:export>/decide/", outgoing.decide, name="decide"),
    path("out/<uuid:export>/file/", outgoing.fetch, name="fetch"),
]
