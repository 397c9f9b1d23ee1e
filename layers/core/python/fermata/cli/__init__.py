"""The ``fermata`` command: everything that the API does, and the local stack, from a terminal.

:mod:`fermata.cli.app` names the commands; each has a module, which imports what it works with only when it runs.
"""
