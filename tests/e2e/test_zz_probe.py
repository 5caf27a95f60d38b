import pytest
from tests.e2e.conftest import PHONE
from wangge.domains.cases.models import Source
pytestmark = pytest.mark.browser

def test_probe(visit, at_site):
    with at_site() as town:
        for n in range(6):
            town.report(area=town.north_grid, matter=[town.litter, town.quarrel][n % 2], contact=town.wu(), text=f"北关巷口垃圾成堆第{n}处。")
    zhao = visit("zhao")
    page = zhao.go("/desk/cases/queue/file/")
    k = page.keyboard
    page.add_init_script("""
    const old = Element.prototype.setAttribute;
    Element.prototype.setAttribute = function(n, v) { if (n === 'style') console.log('SETSTYLE', this.tagName, this.id, this.className, v, new Error().stack.slice(0,600)); return old.call(this, n, v); };
    """)
    page.reload()
    page.on("console", lambda m: print("LOG", m.text[:900]))
    page.on("response", lambda r: print("RESP", r.request.method, r.url, r.status, (r.text().count("style=") if r.request.method=="POST" else "")))
    k.press("j")
    k.press("1"); page.wait_for_timeout(1500)
    print("STYLED", page.evaluate("[...document.querySelectorAll('[style]')].map(e => e.outerHTML.slice(0,200))"))
    k.press("Enter"); page.wait_for_timeout(3000)
    print(page.evaluate("[document.activeElement.tagName, document.activeElement.id]"))
