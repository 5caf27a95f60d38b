"""Tables of people and homes: persons, households and rooms, firms, needs and policies, protection, files."""

from wangge.domains.people.models.exchange import ImportBatch, ImportRow
from wangge.domains.people.models.firms import Firm, Site
from wangge.domains.people.models.homes import Household, Stay, Tenancy, Title
from wangge.domains.people.models.needs import (
    Circumstance,
    Enrolment,
    Entitlement,
    Policy,
    PolicyVersion,
    PopulationChange,
)
from wangge.domains.people.models.persons import (
    Death,
    FieldChange,
    Membership,
    Origin,
    Person,
    PersonMerge,
    PlacedQuerySet,
    Relation,
)
from wangge.domains.people.models.protection import AccessGrant, ExportRequest, PersonSeen, PrivacyAlert, Purpose

__all__ = [
    "AccessGrant",
    "Circumstance",
    "Death",
    "Enrolment",
    "Entitlement",
    "ExportRequest",
    "FieldChange",
    "Firm",
    "Household",
    "ImportBatch",
    "ImportRow",
    "Membership",
    "Origin",
    "Person",
    "PersonMerge",
    "PersonSeen",
    "PlacedQuerySet",
    "Policy",
    "PolicyVersion",
    "PopulationChange",
    "PrivacyAlert",
    "Purpose",
    "Relation",
    "Site",
    "Stay",
    "Tenancy",
    "Title",
]
