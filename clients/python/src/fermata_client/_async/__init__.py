"""The client for asyncio. ``_sync`` is generated from this folder: change it here, then run ``make client``."""
