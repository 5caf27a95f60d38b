"""Addresses of visits."""

from django.urls import URLPattern, path

from wangge.doors.desk.visits import dues, people, plans

urlpatterns: list[URLPattern] = [
    path("visits/", dues.dues, name="visits"),
    path("visits/doors/<uuid:visit>/", dues.door, name="visit-door"),
    path("visits/doors/<uuid:visit>/counselling/", dues.send, name="visit-refer"),
    path("visits/doors/<uuid:visit>/allow/", dues.allow, name="visit-allow"),
    path("visits/rules/", plans.rules, name="visit-rules"),
    path("visits/rules/new/", plans.new_rule, name="visit-rule-new"),
    path("visits/rules/<int:rule>/", plans.edit_rule, name="visit-rule"),
    path("visits/rules/<int:rule>/end/", plans.end_rule, name="visit-rule-end"),
    path("visits/campaigns/", plans.campaigns, name="campaigns"),
    path("visits/campaigns/new/", plans.new_campaign, name="campaign-new"),
    path("visits/campaigns/<uuid:campaign>/", plans.campaign, name="campaign"),
    path("visits/campaigns/<uuid:campaign>/<slug:step>/", plans.campaign_step, name="campaign-step"),
    path("visits/weather/", plans.weather, name="weather"),
    path("visits/weather/<int:notice>/end/", plans.end_weather, name="weather-end"),
    path("visits/links/", people.members, name="links"),
    path("visits/links/members/<int:member>/", people.member, name="link-member"),
    path("visits/links/<int:link>/end/", people.unlink, name="link-end"),
    path("visits/leave/", people.leave, name="leave"),
    path("visits/leave/<int:absence>/back/", people.back, name="leave-end"),
    path("visits/leave/people/<int:person>/", people.hand_over, name="hand-over"),
    path("visits/hours/", people.hours, name="office-hours"),
    path("visits/hours/<int:hour>/end/", people.end_hour, name="office-hour-end"),
    path("visits/counselling/", people.counselling, name="referrals"),
    path("visits/counselling/<uuid:referral>/<slug:step>/", people.counselling_step, name="referral-step"),
]
