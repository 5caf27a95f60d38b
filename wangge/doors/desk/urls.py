"""Addresses of the desk."""

from django.urls import URLPattern, path

from wangge.doors.desk.account import views as account
from wangge.doors.desk.calendar import urls as calendar
from wangge.doors.desk.cases import alike, lists, new, page, queue, steps, why
from wangge.doors.desk.catalogue import learning, proposals, routing, trial
from wangge.doors.desk.catalogue import views as catalogue
from wangge.doors.desk.clusters import views as clusters
from wangge.doors.desk.find import views as find
from wangge.doors.desk.grids import views as grids
from wangge.doors.desk.home import views as home
from wangge.doors.desk.homes import urls as homes
from wangge.doors.desk.map import buildings as houses
from wangge.doors.desk.map import views as maps
from wangge.doors.desk.modules import views as modules
from wangge.doors.desk.people import urls as people
from wangge.doors.desk.phones import urls as phones
from wangge.doors.desk.policies import urls as policies
from wangge.doors.desk.posts import views as posts
from wangge.doors.desk.precedents import views as precedents
from wangge.doors.desk.privacy import urls as privacy
from wangge.doors.desk.regridding import urls as regridding
from wangge.doors.desk.rounds import urls as rounds
from wangge.doors.desk.second_checks import views as second_checks
from wangge.doors.desk.standups import urls as standups
from wangge.doors.desk.stats import urls as stats
from wangge.doors.desk.supervision import inspections
from wangge.doors.desk.supervision import views as supervision
from wangge.doors.desk.visits import urls as visits
from wangge.doors.desk.whistles import urls as whistles

app_name = "desk"

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("notices/", home.notices, name="notices"),
    path("notices/read/", home.read_notices, name="notices-read"),
    path("notices/<int:pk>/", home.read_notice, name="notice-read"),
    path("search/", lists.search, name="search"),
    path("new/", new.new, name="new"),
    path("new/possible/", new.possible, name="new-possible"),
    path("new/where/", new.where, name="new-where"),
    path("cases/", lists.cases, name="cases"),
    path("cases/views/", lists.keep_view, name="view-save"),
    path("cases/views/<int:pk>/rename/", lists.rename_view, name="view-rename"),
    path("cases/views/<int:pk>/delete/", lists.drop_view, name="view-delete"),
    path("cases/queue/<slug:key>/", queue.queue, name="queue"),
    path("cases/<str:number>/", page.case_page, name="case"),
    path("cases/<str:number>/panel/", page.panel, name="case-panel"),
    path("cases/<str:number>/matters/", page.matters, name="case-matters"),
    path("cases/<str:number>/alike/", alike.nearby, name="case-alike"),
    path("cases/<str:number>/units/<int:pk>/why/", why.why, name="case-why"),
    path("cases/<str:number>/route/", page.route_preview, name="case-route"),
    path("cases/<str:number>/step/<slug:verb>/", steps.step, name="case-step"),
    path("cases/<str:number>/undo-merge/", steps.undo_merge, name="case-undo-merge"),
    path("cases/<str:number>/voices/<uuid:voice>/contact/", page.contact, name="case-contact"),
    path("second-checks/", second_checks.second_check_page, name="second-checks"),
    path("precedents/", precedents.precedents, name="precedents"),
    path("precedents/<str:number>/", precedents.precedent, name="precedent"),
    path("clusters/", clusters.proposed, name="clusters"),
    path("clusters/<int:pk>/merge/", clusters.merge, name="cluster-merge"),
    path("clusters/<int:pk>/refuse/", clusters.refuse, name="cluster-refuse"),
    path("modules/<slug:module>/", modules.module, name="module"),
    path("map/", maps.map_page, name="map"),
    path("map/find/", houses.find, name="map-find"),
    path("map/tiles/<int:z>/<int:x>/<int:y>.mvt", maps.vector_tile, name="map-tile"),
    path("map/buildings/<int:pk>/", houses.building, name="building"),
    path("map/buildings/<int:pk>/card/", houses.card, name="map-building"),
    path("map/cases.json", maps.cases, name="map-cases"),
    path("tiles/<int:z>/<int:x>/<int:y>", maps.tile, name="tile"),
    path("catalogue/", catalogue.matters, name="catalogue"),
    path("catalogue/routing/", routing.routing, name="routing"),
    path("catalogue/routing/add/", routing.add, name="rule-add"),
    path("catalogue/routing/<int:pk>/end/", routing.end, name="rule-end"),
    path("catalogue/routing/try/", trial.try_rule, name="rule-try"),
    path("catalogue/routing/versions/", proposals.versions, name="rule-versions"),
    path("catalogue/proposals/", proposals.proposals, name="rule-proposals"),
    path("catalogue/proposals/<int:pk>/", proposals.proposal, name="rule-proposal"),
    path("catalogue/proposals/<int:pk>/try/", proposals.try_proposal, name="rule-proposal-try"),
    path("catalogue/proposals/<int:pk>/decide/", proposals.decide, name="rule-proposal-decide"),
    path("catalogue/learning/", learning.models, name="learning"),
    path("catalogue/learning/train/", learning.train, name="learning-train"),
    path("catalogue/learning/<int:pk>/switch/", learning.switch, name="learning-switch"),
    path("catalogue/<slug:code>/", catalogue.matter, name="matter"),
    path("catalogue/<slug:code>/edit/", catalogue.edit, name="matter-edit"),
    path("catalogue/<slug:code>/withdraw/", catalogue.withdraw, name="matter-withdraw"),
    path("posts/", posts.posts, name="posts"),
    path("posts/give/", posts.give, name="post-give"),
    path("posts/<int:pk>/end/", posts.end, name="post-end"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/slips/", supervision.slips, name="slips"),
    path("supervision/slips/<str:slip>/", supervision.slip, name="slip"),
    path("supervision/slips/<str:slip>/answer/", supervision.answer, name="slip-answer"),
    path("inspections/", inspections.inspections, name="inspections"),
    path("inspections/<int:pk>/", inspections.inspection, name="inspection"),
    path("inspections/<int:pk>/conclude/", inspections.conclude, name="inspection-conclude"),
    path("inspections/<int:pk>/cases.csv", inspections.export, name="inspection-export"),
    path("inspections/<int:pk>/cases/<str:number>/", inspections.inspected, name="inspected"),
    path("find/", find.find, name="find"),
    path("lost/", find.lost, name="lost"),
    path("lost/<uuid:public_id>/call/", find.call, name="lost-call"),
    path("grids/", grids.grids, name="grids"),
    path("grids/<int:pk>/", grids.grid, name="grid"),
    path("me/", account.me, name="me"),
    path("me/tokens/", account.issue_token, name="token-issue"),
    path("me/tokens/<int:pk>/end/", account.end_token, name="token-end"),
    path("components/", account.components, name="components"),
    *homes.urlpatterns,
    *phones.urlpatterns,
    *policies.urlpatterns,
    *regridding.urlpatterns,
    *privacy.urlpatterns,
    *people.urlpatterns,
    *visits.urlpatterns,
    *whistles.urlpatterns,
    *calendar.urlpatterns,
    *stats.urlpatterns,
    *rounds.urlpatterns,
    *standups.urlpatterns,
]
