"""The whole stack of ``template.yaml`` on this computer: one process, no account, nothing beyond loopback.

:mod:`fermata.local.stack` starts, finds and stops it; :mod:`fermata.local.template` turns the template into plain
CloudFormation for whoever else needs it.
"""
