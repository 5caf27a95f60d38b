"""Addresses of the grid worker's phone."""

from django.urls import URLPattern, path

from wangge.doors.field import app, cases, following, home, onward, photos, refused, reporting
from wangge.doors.field.changes import urls as changes
from wangge.doors.field.find import views as find
from wangge.doors.field.homes import urls as homes

app_name = "field"

urlpatterns: list[URLPattern] = [
    path("", app.shell, name="home"),
    path("sw.js", app.service_worker, name="worker"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("plain/", home.home, name="plain"),
    path("todo/", home.todo, name="todo"),
    path("report/", reporting.report, name="report"),
    path("guess", reporting.guess, name="guess"),
    path("same", reporting.same, name="same"),
    path("pick", reporting.pick, name="pick"),
    path("outcome", reporting.outcome, name="outcome"),
    path("where", reporting.where, name="where"),
    path("photos/<slug:sha256>", photos.own_photo, name="photo"),
    path("reports/", home.reports, name="reports"),
    path("reports/<uuid:public_id>/", following.report, name="own"),
    path("reports/<uuid:public_id>/sent/", following.ticket, name="ticket"),
    path("reports/<uuid:public_id>/qr.svg", following.qr, name="qr"),
    path("reports/<uuid:public_id>/answer/", following.answer, name="answer"),
    path("refused/<int:refused>/", refused.refused, name="refused"),
    path("doors/<uuid:visit>/", onward.door, name="door"),
    path("tasks/<uuid:task>/", onward.task, name="task"),
    path("find/", find.find, name="find"),
    path("lost/", find.lost, name="lost"),
    path("lost/<uuid:public_id>/call/", find.call, name="lost-call"),
    path("cases/<slug:number>/", cases.case, name="case"),
    path("cases/<slug:number>/<slug:verb>/", cases.step, name="step"),
    *homes.urlpatterns,
    *changes.urlpatterns,
]
