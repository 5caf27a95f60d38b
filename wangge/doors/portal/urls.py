"""Addresses of the public page. Nothing here can be counted up: a report opens only by its unguessable link."""

from django.urls import URLPattern, path

from wangge.doors.portal import following, grids, hung, pages, photos, reporting

app_name = "portal"

urlpatterns: list[URLPattern] = [
    path("", pages.home, name="home"),
    path("help/", pages.help_, name="help"),
    path("privacy/", pages.privacy, name="privacy"),
    path("hung/", hung.hung, name="hung"),
    path("follow/", pages.find, name="find"),
    path("follow/forget/", pages.forget, name="forget"),
    path("report/", reporting.report, name="report"),
    path("report/where/", reporting.where, name="where"),
    path("report/compounds/", reporting.compounds, name="compounds"),
    path("report/guess/", reporting.guess, name="guess"),
    path("report/same/", reporting.same, name="same"),
    path("media/<slug:sha256>", photos.upload, name="upload"),
    path("media/<slug:sha256>/<slug:code>", photos.preview, name="preview"),
    path("r/<uuid:public_id>/<slug:code>/", following.follow, name="follow"),
    path("r/<uuid:public_id>/<slug:code>/slip/", following.slip, name="slip"),
    path("r/<uuid:public_id>/<slug:code>/qr.svg", following.qr, name="qr"),
    path("r/<uuid:public_id>/<slug:code>/photo/<slug:sha256>", following.photo, name="photo"),
    path("r/<uuid:public_id>/<slug:code>/rate/", following.rate, name="rate"),
    path("r/<uuid:public_id>/<slug:code>/object/", following.object_to, name="object"),
    path("r/<uuid:public_id>/<slug:code>/answer/", following.answer, name="answer"),
    path("grids/", grids.find, name="grids"),
    path("grids/where/", grids.where, name="grid_here"),
    path("grids/ground.json", grids.ground, name="ground"),
    path("grids/<int:pk>/", grids.grid, name="grid"),
    path("grids/<int:pk>/qr.svg", grids.qr, name="grid_qr"),
    path("grids/<int:pk>/boundary.json", grids.boundary, name="boundary"),
]
