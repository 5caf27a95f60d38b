"""Start-up: whoever asks for working time without naming a calendar gets the one in force."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Matters, clocks, routes, the working calendar."""

    name = "wangge.foundation.catalogue"

    def ready(self) -> None:
        from wangge.foundation.catalogue import privacy  # noqa: F401 — declares itself
        from wangge.foundation.catalogue.calendars import calendar
        from wangge.foundation.core import worktime

        worktime.read_from(calendar)
