"""People and homes: who lives where, since when, with whom; what they need; which firms there are.

A *person* belongs to a *household* (`Membership`), a household stays in a *room* (`Stay`), both for a time; owners
(`Title`), tenants (`Tenancy`) and relations are dated too, so that "who lived where on that day" has one answer. Every
personal value is sealed under the person's own key (`sealing`); it is found by blind tokens (`tokens`), shown masked,
and revealed one field at a time, for a purpose, with an audit row.

Never here: faces, scores, watch lists, religion, ethnicity, diagnoses, or a filter that lists persons by such a thing.
"""
