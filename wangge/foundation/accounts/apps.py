"""Start-up: the data map of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organisations, users, posts."""

    name = "wangge.foundation.accounts"

    def ready(self) -> None:
        from wangge.foundation.accounts import privacy  # noqa: F401 — declares itself
