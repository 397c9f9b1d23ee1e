"""Which records mean the same: fingerprints, the pairs worth comparing, why two are one, and the groups that this makes."""

from fermata.toolkit.duplicates.candidates import pairs
from fermata.toolkit.duplicates.comparison import reasons
from fermata.toolkit.duplicates.fingerprints import Fingerprint, Method, Rules, fingerprint
from fermata.toolkit.duplicates.groups import MAX_GROUP, grouped

__all__ = ["MAX_GROUP", "Fingerprint", "Method", "Rules", "fingerprint", "grouped", "pairs", "reasons"]
