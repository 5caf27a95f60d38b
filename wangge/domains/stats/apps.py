"""Start-up: nothing to declare; the roll-up holds no personal field."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    """Indicators."""

    name = "wangge.domains.stats"
