"""The map of houses: tiles, search, the card, and the face of a building."""

from __future__ import annotations

import gzip
import html
import json
import re

import mapbox_vector_tile
import pytest

from wangge.doors.desk.map import buildings as views
from wangge.doors.desk.tests.conftest import pinned
from wangge.foundation.places.models import Building, Entrance, Room
from wangge.foundation.places.tests.test_tiles import HERE, block, names, square_of

TILE = "/desk/map/tiles/{}/{}/{}.mvt".format(*square_of(16, *HERE))


@pytest.fixture
def house(town, homes) -> Building:
    """3号楼, with an outline."""
    Building.objects.filter(pk=homes.building.pk).update(footprint=block(*HERE))
    return Building.objects.get(pk=homes.building.pk)


@pytest.fixture
def north(homes) -> Building:
    """1号楼 of the other street."""
    return homes.north_building


def text_of(answer) -> str:
    return html.unescape(answer.content.decode())


class TestTiles:
    def test_of_ones_own_street_with_an_etag(self, house, at_desk):
        answer = at_desk("chen").get(TILE)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert answer["Cache-Control"] == "private, max-age=3600"
        assert "Content-Encoding" not in answer
        found = mapbox_vector_tile.decode(answer.content)
        assert [one["id"] for one in found["building"]["features"]] == [house.pk]
        assert names(found, "grid") == {"第一网格"}
        again = at_desk("chen").get(TILE, headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_packed_for_who_can_unpack(self, house, at_desk):
        plain = at_desk("chen").get(TILE)
        packed = at_desk("chen").get(TILE, headers={"Accept-Encoding": "gzip, br"})
        assert packed["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == plain.content
        assert len(packed.content) < len(plain.content)

    def test_whose(self, house, at_desk):
        assert at_desk("he").get(TILE).status_code == 200
        assert at_desk("lin").get(TILE).status_code == 200
        assert at_desk("tan").get(TILE).status_code == 403
        # A dispatcher of the other street is led to a lost child's door: the house, and nothing of the grids.
        found = mapbox_vector_tile.decode(at_desk("zhao").get(TILE).content)
        assert [one["id"] for one in found["building"]["features"]] == [house.pk]
        assert "area" not in found
        # Root looks for nobody; his post is at this street.
        assert at_desk("root").get(TILE).status_code == 200

    @pytest.mark.parametrize("path", ["16/1/1.mvt", "20/1/1.mvt", "0/0/0.mvt", "16/99999999/1.mvt"])
    def test_where_nothing_is(self, town, at_desk, path):
        answer = at_desk("chen").get(f"/desk/map/tiles/{path}")
        assert (answer.status_code, answer.content) == (204, b"")


class TestPage:
    def test_lit_and_flown_to(self, house, at_desk):
        page = text_of(at_desk("chen").get(f"/desk/map/?building={house.pk}"))
        assert f'data-map-lit-building-value="{house.pk}"' in page
        assert f'data-map-center-value="{house.lon:.6f},{house.lat:.6f}"' in page
        assert 'data-map-bounds-value=""' in page
        assert "物业所家属院3号楼" in page
        assert f'href="/desk/map/buildings/{house.pk}/"' in page
        assert page.count('class="is-here"') == 1  # the drawing that needs neither WebGL nor script

    def test_a_compound(self, town, house, at_desk):
        page = text_of(at_desk("chen").get(f"/desk/map/?compound={town.compound.pk}"))
        assert f'data-map-lit-compound-value="{town.compound.pk}"' in page
        assert f'href="/desk/map/buildings/{house.pk}/"' in page

    @pytest.mark.parametrize(
        "query", ["building=0", "building=x", "compound=-1", "building=99999999999999999999", "compound=1e3"]
    )
    def test_no_such_house(self, town, at_desk, query):
        assert at_desk("chen").get(f"/desk/map/?{query}").status_code == 404

    def test_in_the_other_street_only_for_who_may_rescue(self, town, house, north, at_desk):
        for path in (
            f"/desk/map/?building={north.pk}",
            f"/desk/map/buildings/{north.pk}/",
            f"/desk/map/buildings/{north.pk}/card/",
        ):
            assert at_desk("root").get(path).status_code in {403, 404}, path
            assert at_desk("security").get(path).status_code == 404, path
            assert at_desk("lin").get(path).status_code == 200, path

    def test_without_sight_of_cases_there_are_none(self, town, house, at_desk):
        case = town.filed()
        page = text_of(at_desk("security").get("/desk/map/"))
        assert case.number not in page
        assert "map/cases.json" not in page
        assert case.number in text_of(at_desk("chen").get("/desk/map/"))

    def test_search(self, town, house, at_desk):
        for path in ("/desk/map/", "/desk/map/find/"):
            page = text_of(at_desk("chen").get(path, {"q": "家属院3#"}))
            assert f'href="/desk/map/?building={house.pk}"' in page
            assert f'data-flight-card-param="/desk/map/buildings/{house.pk}/card/"' in page
        nothing = text_of(at_desk("chen").get("/desk/map/find/", {"q": "没有的小区"}))
        assert "<li>" not in nothing
        assert "wg-hint" in nothing
        assert text_of(at_desk("chen").get("/desk/map/find/")).strip() == ""
        assert "家属院3" not in text_of(at_desk("security").get("/desk/map/find/", {"q": "x" * 500}))

    def test_the_card(self, house, at_desk):
        page = text_of(at_desk("chen").get(f"/desk/map/buildings/{house.pk}/card/"))
        assert "<html" not in page
        assert "物业所家属院3号楼" in page


class TestFace:
    def doors(self, page: str) -> dict[str, str]:
        """Room → what stands on its door, of the first appearance in the table (2单元 after 1单元 on each floor)."""
        found = re.findall(r'<(?:a|span) class="dk-door [^"]*"[^>]*><b>(\w+)</b>(.*?)</li>', page, re.DOTALL)
        return {name: re.sub(r"<[^>]+>", "", rest).strip() for name, rest in found}

    def test_floors_from_the_top_and_numbers_for_the_grid_worker(self, house, at_desk):
        page = text_of(at_desk("lin").get(f"/desk/map/buildings/{house.pk}/"))
        assert re.findall(r'<th scope="row">(\d+)</th>', page) == ["4", "3"]
        assert re.findall(r'<th scope="col">(\d单元)</th>', page) == ["1单元", "2单元"]
        doors = self.doors(page)
        assert doors["302"].startswith("自住3人")
        assert doors["401"].startswith("出租2人")
        assert doors["402"] == "空置"
        for name in ("吴", "王建国", "韩雪", "10012340001"):
            assert name not in page

    def test_no_numbers_for_who_may_not_know_them(self, town, house, at_desk):
        page = text_of(at_desk("gao").get(f"/desk/map/buildings/{house.pk}/"))
        assert self.doors(page)["302"] == "自住"
        assert "/desk/homes/" not in page

    def test_from_another_street_only_doors(self, town, house, at_desk):
        page = text_of(at_desk("zhao").get(f"/desk/map/buildings/{house.pk}/"))
        assert set(self.doors(page).values()) == {""}
        assert "出租" not in page

    def test_a_marked_room(self, homes, house, at_desk):
        room = homes.rooms["301"]
        page = text_of(at_desk("lin").get(f"/desk/map/buildings/{house.pk}/?room={room.pk}"))
        assert page.count('is-here" ') + page.count("is-here'") >= 1
        assert page.count('aria-current="true"') == 1
        assert 'aria-current="true"' not in text_of(at_desk("lin").get(f"/desk/map/buildings/{house.pk}/?room=x"))

    def test_rooms_lead_to_their_house_card(self, homes, house, at_desk, monkeypatch):
        monkeypatch.setattr(views, "house_url", lambda pk: f"/desk/homes/{pk}/")
        page = text_of(at_desk("lin").get(f"/desk/map/buildings/{house.pk}/"))
        assert f'href="/desk/homes/{homes.rooms["301"].pk}/"' in page

    def test_open_cases_of_the_house(self, town, house, at_desk):
        from wangge.domains.cases.models import Case

        case = town.filed()
        Case.objects.unscoped("set up").filter(pk=case.pk).update(building=house)
        assert case.number in text_of(at_desk("lin").get(f"/desk/map/buildings/{house.pk}/"))
        assert case.number not in text_of(at_desk("gao").get(f"/desk/map/buildings/{house.pk}/"))

    def test_a_house_without_rooms_says_so(self, town, at_desk):
        building = Building.objects.get(name="3号楼")
        page = text_of(at_desk("lin").get(f"/desk/map/buildings/{building.pk}/"))
        assert "wg-empty" in page
        assert "<table" not in page

    def test_a_tower_of_33_floors(self, house, at_desk):
        for number in range(3, 7):
            entrance = Entrance.objects.create(building=house, name=f"{number}单元")
            Room.objects.bulk_create(
                Room(entrance=entrance, floor=floor, name=f"{floor}{door:02d}")
                for floor in range(1, 34)
                for door in range(1, 5)
            )
        client = at_desk("lin")
        client.get(f"/desk/map/buildings/{house.pk}/")
        with pinned("building_face"):
            page = text_of(client.get(f"/desk/map/buildings/{house.pk}/"))
        assert re.findall(r'<th scope="row">(\d+)</th>', page)[0] == "33"
        assert page.count("<b>3301</b>") == 4


def test_cases_stay_geojson(town, at_desk):
    town.filed()
    assert len(json.loads(at_desk("chen").get("/desk/map/cases.json").content)["features"]) == 1
