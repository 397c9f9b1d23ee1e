"""The routes of jobs, by what they are for; together they would be too long for one sitting."""

from fermata.api.jobs.routes import bulk, chunks, controlling, cost, creating, listing, reading, results, units

__all__ = ["bulk", "chunks", "controlling", "cost", "creating", "listing", "reading", "results", "units"]
