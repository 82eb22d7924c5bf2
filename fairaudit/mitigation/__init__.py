"""Who to help, and how: lists of utterances to collect or to train on."""

from fairaudit.mitigation.targets import targets

__all__ = ["targets"]
