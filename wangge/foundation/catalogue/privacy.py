"""Free text in the catalogue: about rules, not about people, but people write it."""

from wangge.foundation.core.privacy import declare

for _column, _meaning in {
    "catalogue.ruleproposal.reason": "why a routing rule is proposed (the basis of a ruling)",
    "catalogue.ruleproposal.decision": "why a proposed rule was accepted or refused",
    "catalogue.rulesversion.note": "which change made a version of the rules",
}.items():
    declare(
        _column,
        meaning=_meaning,
        seen_by="whoever sees the routing rules",
        kept="with the rules it explains",
        erased="replaced by a mark that it was erased; the rule and its times stay",
    )
