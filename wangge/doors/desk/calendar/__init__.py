"""工作日历: which days and hours are worked, version by version."""
