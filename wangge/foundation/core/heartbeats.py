"""How a job worker shows that it lives."""

HEARTBEAT_SECONDS = 5
"""How often it says so."""
SILENT_SECONDS = 20
"""Silent for so long, it is dead; its jobs are given back within half a minute."""
