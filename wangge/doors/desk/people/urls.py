"""Addresses of the registry."""

from django.urls import URLPattern, path

from wangge.doors.desk.people import firms, household, person, places

urlpatterns: list[URLPattern] = [
    path("people/", places.people, name="people"),
    path("people/new/", person.new, name="person-new"),
    path("people/changes/", household.change_list, name="changes"),
    path("people/changes/<uuid:public_id>/<slug:verdict>/", household.settle_change, name="change-settle"),
    path("people/rooms/<int:room_id>/household/", household.new, name="household-new"),
    path("people/households/<uuid:public_id>/", household.household, name="household"),
    path("people/households/<uuid:public_id>/move/", household.move, name="household-move"),
    path("people/<uuid:public_id>/", person.person, name="person"),
    path("people/<uuid:public_id>/relations/<int:pk>/end/", person.end_relation, name="relation-end"),
    path("people/<uuid:public_id>/merges/<int:pk>/undo/", person.undo_merge, name="merge-undo"),
    path("people/<uuid:public_id>/<slug:verb>/", person.step, name="person-step"),
    path("firms/", firms.firms, name="firms"),
    path("firms/new/", firms.new, name="firm-new"),
    path("firms/<uuid:public_id>/", firms.firm, name="firm"),
    path("firms/<uuid:public_id>/<slug:verb>/", firms.step, name="firm-step"),
]
