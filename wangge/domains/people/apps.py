"""Start-up: the data map of this app, and what a rotation of keys must do for it."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People and homes."""

    name = "wangge.domains.people"

    def ready(self) -> None:
        from wangge.domains.people import privacy  # noqa: F401 — declares itself
        from wangge.domains.people.actions import rotating

        rotating.register()
