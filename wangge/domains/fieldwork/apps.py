"""Start-up: the data map of this app."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    """Fieldwork."""

    name = "wangge.domains.fieldwork"

    def ready(self) -> None:
        from wangge.domains.fieldwork import privacy  # noqa: F401 — declares itself
