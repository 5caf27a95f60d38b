"""Addresses of plans of new grids."""

from django.urls import URLPattern, path

from wangge.doors.desk.regridding import views

urlpatterns: list[URLPattern] = [
    path("grids/plans/", views.plans, name="grid-plans"),
    path("grids/plans/<int:plan>/", views.plan, name="grid-plan"),
    path("grids/plans/<int:plan>/add/", views.add_grid, name="grid-plan-add"),
    path("grids/plans/<int:plan>/drawn/", views.take_drawn, name="grid-plan-drawn"),
    path("grids/plans/<int:plan>/confirm/", views.confirm, name="grid-plan-confirm"),
    path("grids/plans/<int:plan>/withdraw/", views.withdraw, name="grid-plan-withdraw"),
    path("grids/plans/<int:plan>/grids/<str:code>/", views.grid, name="grid-plan-grid"),
    path("grids/plans/<int:plan>/grids/<str:code>/assign/", views.assign, name="grid-plan-assign"),
    path("grids/plans/<int:plan>/grids/<str:code>/worker/", views.name_worker, name="grid-plan-worker"),
    path("grids/plans/<int:plan>/grids/<str:code>/drop/", views.drop_grid, name="grid-plan-drop"),
]
