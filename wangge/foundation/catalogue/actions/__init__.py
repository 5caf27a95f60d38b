"""Writes of the catalogue: loading the shipped files, editing matters, clocks and routing on the desk."""

from wangge.foundation.catalogue.actions.loading import Loaded, load_catalogue
from wangge.foundation.catalogue.actions.matters import MatterChanges, save_clock, save_matter, withdraw_matter
from wangge.foundation.catalogue.actions.routing import end_rule, save_rule
from wangge.foundation.catalogue.actions.sheets import CatalogueFilesError

__all__ = [
    "CatalogueFilesError",
    "Loaded",
    "MatterChanges",
    "end_rule",
    "load_catalogue",
    "save_clock",
    "save_matter",
    "save_rule",
    "withdraw_matter",
]
