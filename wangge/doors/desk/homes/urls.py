"""Addresses of the house card and the building sheet."""

from django.urls import URLPattern, path

from wangge.doors.desk.homes import sheet, ties, views

urlpatterns: list[URLPattern] = [
    path("homes/<int:room_id>/", views.house, name="house"),
    path("homes/<int:room_id>/households/<int:household_id>/verify/", views.verify, name="house-verify"),
    path("homes/<int:room_id>/need/", views.need, name="house-need"),
    path("homes/<int:room_id>/needs/<int:need_id>/confirm/", views.need_confirm, name="need-confirm"),
    path("homes/<int:room_id>/needs/<int:need_id>/end/", views.need_end, name="need-end"),
    path("homes/<int:room_id>/benefit/", views.benefit, name="house-benefit"),
    path("homes/<int:room_id>/benefits/<int:enrolment_id>/renew/", views.benefit_renew, name="benefit-renew"),
    path("homes/<int:room_id>/benefits/<int:enrolment_id>/end/", views.benefit_end, name="benefit-end"),
    path("homes/<int:room_id>/ties/", ties.of_room, name="ties"),
    path("homes/<int:room_id>/owners/new/", ties.owner_new, name="owner-new"),
    path("homes/<int:room_id>/owners/<int:title_id>/<slug:verb>/", ties.owner_step, name="owner-step"),
    path("homes/<int:room_id>/lettings/new/", ties.letting_new, name="letting-new"),
    path("homes/<int:room_id>/lettings/<int:tenancy_id>/<slug:verb>/", ties.letting_step, name="letting-step"),
    path("homes/buildings/<int:building_id>/sheet/", sheet.options, name="building-sheet"),
    path("homes/buildings/<int:building_id>/sheet.pdf", sheet.pdf, name="building-sheet-pdf"),
]
