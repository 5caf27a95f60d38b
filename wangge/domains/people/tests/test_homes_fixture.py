"""The residents whom every test knows are as their module says."""

from __future__ import annotations

from wangge.domains.people.tests.homes import opened, read


def test_mrs_wu_lives_in_lins_grid(town, homes):
    assert opened(homes.wu, "name") == "吴淑芬"
    assert read(homes.wu).area_path == town.grid1.path
    assert homes.wu_home.room_id == homes.rooms["301"].pk
    assert homes.wu_home.memberships.get().person_id == homes.wu.pk


def test_the_girl_lives_in_gaos_grid(town, homes):
    assert homes.cheng_home.area_path == town.grid2.path
    assert [one.person_id for one in homes.cheng_home.memberships.all()] == [
        homes.cheng.pk,
        homes.shan.pk,
        homes.girl.pk,
    ]
