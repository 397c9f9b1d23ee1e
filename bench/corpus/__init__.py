"""Readers over real files, beside their peers: ``make corpus``. The files stay where they are; none is the project's."""
