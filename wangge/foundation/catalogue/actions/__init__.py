"""Writes of the catalogue: loading the shipped files, editing matters, clocks and routing on the desk."""

from wangge.foundation.catalogue.actions.calendar import (
    Notice,
    NoticeFaultsError,
    end_plan,
    import_notice,
    read_notice,
    save_plan,
    set_day,
    unset_day,
)
from wangge.foundation.catalogue.actions.loading import Loaded, load_catalogue
from wangge.foundation.catalogue.actions.matters import MatterChanges, save_clock, save_matter, withdraw_matter
from wangge.foundation.catalogue.actions.proposing import (
    accept_proposal,
    keep_trial,
    propose_rule,
    refuse_proposal,
)
from wangge.foundation.catalogue.actions.routing import end_rule, save_rule
from wangge.foundation.catalogue.actions.sheets import CatalogueFilesError

__all__ = [
    "CatalogueFilesError",
    "Loaded",
    "MatterChanges",
    "Notice",
    "NoticeFaultsError",
    "accept_proposal",
    "end_plan",
    "end_rule",
    "import_notice",
    "keep_trial",
    "load_catalogue",
    "propose_rule",
    "read_notice",
    "refuse_proposal",
    "save_clock",
    "save_matter",
    "save_plan",
    "save_rule",
    "set_day",
    "unset_day",
    "withdraw_matter",
]
