"""What Fermata costs and how quick it is. ``python -m bench`` measures everything; ``python -m bench cost`` one figure.

Each module named in :data:`bench.figures.FIGURES` measures one figure and runs in a process of its own. Ratios are taken
against a baseline measured in the same run, on the same machine, so that they mean the same everywhere; absolute numbers
are the machine's.
"""
