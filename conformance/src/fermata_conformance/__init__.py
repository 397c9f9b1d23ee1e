"""The conformance kit: every sentence of the five API documents, as checks that run over HTTP against any server.

It knows the documents and nothing of the program behind them, so nothing here imports any other part of Fermata. Each document
has a module; a check is a function whose docstring is the sentence that it stands for.
"""
