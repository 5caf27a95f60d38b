"""Start-up: the data map of this app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases."""

    name = "wangge.domains.cases"

    def ready(self) -> None:
        from wangge.domains.cases import privacy  # noqa: F401 — declares itself
