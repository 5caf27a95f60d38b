"""Addresses of whistles."""

from django.urls import URLPattern, path

from wangge.doors.desk.whistles import figures, views

urlpatterns: list[URLPattern] = [
    path("cases/<str:number>/whistle/", views.blow, name="whistle-blow"),
    path("whistles/", views.whistles, name="whistles"),
    path("whistles/figures/", figures.figures, name="whistle-figures"),
    path("whistles/kinds/", figures.kinds, name="whistle-kinds"),
    path("whistles/<str:whistle>/", views.whistle, name="whistle"),
    path("whistles/<str:whistle>/board/", views.board, name="whistle-board"),
    path("whistles/<str:whistle>/do/<slug:act>/", views.do, name="whistle-do"),
    path("whistles/<str:whistle>/units/<int:call>/<slug:act>/", views.of_unit, name="whistle-unit"),
]
