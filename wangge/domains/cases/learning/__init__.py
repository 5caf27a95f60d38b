"""What the office learns from its own closed cases: which matter a text means, and which reports are one thing.

Plain numbers, plain reasons: every proposal names the words or facts that decided, a person always confirms, and what a
person chose against a proposal is what the next training learns from. Nothing here scores people.

`texts` (which matter) and `duplicates` (which pair) know no database and only need numpy; `training` adds scikit-learn and
is imported by the job alone; `samples`, `advice`, `alike` and `clusters` read.
"""
