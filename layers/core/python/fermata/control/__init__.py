"""What an operator, the execution and recovery do to jobs. Workers are in :mod:`fermata.runner`."""
