"""The workers' phones, as their station sees them: what waits in them, and what of it was refused."""
