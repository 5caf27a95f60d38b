"""Addresses of rounds."""

from django.urls import URLPattern, path

from wangge.doors.desk.rounds import coverage, day, points, sheet, windows

urlpatterns: list[URLPattern] = [
    path("rounds/", day.rounds, name="rounds"),
    path("rounds/exempt/", day.exempt, name="rounds-exempt"),
    path("rounds/coverage/", coverage.coverage, name="rounds-coverage"),
    path("rounds/windows/", windows.windows, name="rounds-windows"),
    path("rounds/windows/<int:window>/drop/", windows.drop, name="rounds-window-drop"),
    path("rounds/checkpoints/", points.checkpoints, name="checkpoints"),
    path("rounds/checkpoints/add/", points.add, name="checkpoint-add"),
    path("rounds/checkpoints/many/", points.add_many, name="checkpoints-add"),
    path("rounds/checkpoints/labels.pdf", sheet.labels, name="checkpoint-labels"),
    path("rounds/checkpoints/<int:pk>/", points.by_number, name="checkpoint-number"),
    path("rounds/checkpoints/<uuid:checkpoint>/", points.checkpoint, name="checkpoint"),
    path("rounds/checkpoints/<uuid:checkpoint>/end/", points.end, name="checkpoint-end"),
    path("rounds/checkpoints/<uuid:checkpoint>/tag/", points.rotate, name="checkpoint-rotate"),
    path("rounds/<uuid:walk>/", day.one, name="round"),
]
