"""The ``fermata`` command: the local stack, the demonstration, batches, tokens and keys from a terminal.

Each module in :data:`fermata.cli.main.COMMANDS` has ``add(commands)``, which declares its commands.
"""
