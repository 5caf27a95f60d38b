"""Start-up of the core: registers the Chinese search lookup and the start-up checks."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The core."""

    name = "wangge.foundation.core"

    def ready(self) -> None:
        from wangge.foundation.core import lookups  # noqa: F401 — registers itself
