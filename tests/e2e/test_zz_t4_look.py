"""Scratch: screenshots of the visits pages."""
import pytest
from tests.e2e.conftest import DESK, PHONE

def test_look(visit, at_site):
    import datetime as dt, uuid
    with at_site() as town:
        from wangge.domains.people.tests.homes import build
        from wangge.domains.fieldwork.actions import visit_planning, visit_rules, campaigns, referring
        from wangge.domains.fieldwork.actions.links import link
        from wangge.domains.fieldwork.actions.visits import make_visit
        from wangge.domains.fieldwork.actions.office_hours import set_office_hour
        from wangge.domains.fieldwork.actions.absences import note_absence
        from wangge.domains.fieldwork.models import VisitDue, VisitRule, Campaign
        from wangge.domains.people.actions import needs
        from wangge.foundation.core import clock
        from wangge.foundation.accounts import actions as accounts
        homes = build(town)
        visit_rules.load_visit_rules()
        needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=clock.today())
        visit_planning.plan_all()
        link(by=town.fang, user=town.gao, households=[homes.wu_home])
        c = campaigns.make_campaign(by=town.fang, name_zh="寒潮走访", trigger="cold", area=town.community, matter=town.litter, choice=[{"object":"ordinary"}], ask="看看暖气热不热，提醒用火用电安全。")
        campaigns.start_campaign(by=town.fang, campaign=c)
        campaigns.make_campaign(by=town.fang, name_zh="春节慰问", trigger="festival", area=town.community, matter=town.litter, choice=[{"object":"need","need":"lives_alone"},{"object":"aged"}])
        now = clock.now()
        campaigns.announce_weather(by=town.fang, area=town.community, trigger="wind", level="orange", words="阵风8级以上，注意高空坠物。", starts_at=now-dt.timedelta(hours=1), ends_at=now+dt.timedelta(days=1))
        make_visit(by=town.lin, public_id=uuid.uuid4(), household=homes.wang_home, result="met", tasks=["hazard"] if False else [], confirmed=True, note="家中煤气管已换。")
        set_office_hour(by=town.fang, area=town.grid1, spot="南门党群驿站", weekday=2, opens=dt.time(9), closes=dt.time(11), user=town.lin)
        set_office_hour(by=town.fang, area=town.community, spot="居委会一楼", weekday=4, opens=dt.time(14), closes=dt.time(17))
        note_absence(by=town.fang, user=town.gao, from_on=clock.today(), to_on=clock.today()+dt.timedelta(days=4), substitute=town.lin)
        r = referring.refer(by=town.lin, public_id=uuid.uuid4(), household=homes.wu_home)
        VisitDue.objects.unscoped("x").filter(household=homes.wu_home, state="open").update(due_on=clock.today()-dt.timedelta(days=3))
        due = VisitDue.objects.unscoped("x").get(household=homes.wu_home, state="open").public_id
        rule = VisitRule.objects.get(code="yearly").pk
        cid, gao, g1, b, room = c.public_id, town.gao.pk, town.grid1.pk, homes.building.pk, homes.rooms["301"].pk
        unit_user = accounts.add_user(by=None, username="xin", name="辛安", password=None)
        accounts.give_post(by=None, user=unit_user, role="unit_handler", valid_from=dt.date(2024, 1, 1), organisation=r.unit)
        from tests.town import PASSWORD
        type(unit_user).objects.filter(pk=unit_user.pk).update(password=type(unit_user).objects.get(username="lin").password)
        mid = town.gao.pk
    pages = {
        "dues": "desk/visits/", "door": f"desk/visits/doors/{due}/", "rules": "desk/visits/rules/", "rule": f"desk/visits/rules/{rule}/",
        "campaigns": "desk/visits/campaigns/", "campaign-new": "desk/visits/campaigns/new/", "campaign": f"desk/visits/campaigns/{cid}/",
        "weather": "desk/visits/weather/", "links": "desk/visits/links/", "linked": f"desk/visits/links/members/{mid}/?grid={g1}&building={b}",
        "leave": "desk/visits/leave/", "handover": f"desk/visits/leave/people/{gao}/", "hours": "desk/visits/hours/",
        "house": f"desk/homes/{room}/", "portal": f"p/grids/{g1}/",
    }
    import os
    only = os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else list(pages)
    for size, name in ((DESK, "d"), (PHONE, "p")):
        fang = visit("fang", size)
        for key in only:
            if key not in pages: continue
            page = fang.go(pages[key])
            if key == "campaign-new":
                page.fill("[name=name_zh]", "高温走访"); page.select_option("[name=trigger]", "heat"); page.check("[name=choice][value=aged]"); page.select_option("[name=matter]", index=3)
                page.click("button[name=preview]"); page.wait_for_load_state()
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0: print("SIDEWAYS", key, name, wide)
            page.screenshot(path=f"/tmp/t4shots/{key}-{name}.png", full_page=True)
        print(fang.errors)
        lin = visit("lin", size)
        page = lin.go(f"desk/visits/doors/{due}/"); page.screenshot(path=f"/tmp/t4shots/door-lin-{name}.png", full_page=True)
        if not os.environ.get("ONLY") or "referrals" in only:
            xin = visit("xin", size)
            page = xin.go("desk/visits/counselling/"); page.screenshot(path=f"/tmp/t4shots/referrals-{name}.png", full_page=True)
            page = xin.go("desk/"); page.screenshot(path=f"/tmp/t4shots/xinhome-{name}.png", full_page=True)
        for p in ():
            page = lin.go(p); page.screenshot(path=f"/tmp/t4shots/portalgrids-{name}.png", full_page=True)
