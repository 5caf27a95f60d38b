"""Cases (事件/诉求/工单): what somebody reports, and what is done about it until that person says whether it is solved.

A *report* is what one person said; a *case* is what is handled. Merging (并案) joins cases without moving a report, so
every reporter is still told and asked. A *unit* handles; somebody of another unit verifies; the reporters judge, with
two answers (is it solved? are you satisfied? 事心双解). Silence is "not evaluated", never "satisfied".

Never: the handler closing his own case; a state set without a step; a reporter's name shown to the handler of a
confidential case; a score of a worker.
"""
