"""What may be reported and who answers for it: matters (事项), their classes, clocks and routing rules.

Shipped as YAML, edited on the desk; nothing here is code that a city would have to change. A matter is on the admission
list (准入清单) from a day to a day; outside these days nobody may be charged with it. The catalogue knows no case.
"""
