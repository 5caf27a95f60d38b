"""The JSON API, version 1."""

from ninja import NinjaAPI

api = NinjaAPI(title="Wangge API", version="1.0.0", urls_namespace="api")
