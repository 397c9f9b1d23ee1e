"""The client for programs that wait. Generated from ``_async`` by ``make client``: change it there."""
