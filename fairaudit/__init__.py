"""Which speakers a speech recogniser gets wrong more often, by how much, and how certain that is.

Examples
--------
>>> import fairaudit
>>> from fairaudit.samples import make_sample
>>> log = fairaudit.read_log(make_sample(speakers=200).log)
>>> found = fairaudit.audit(log, methods=["named"], by=["device"], permutations=99)
>>> html = fairaudit.render_html(found)
>>> html[:15]
'<!doctype html>'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fairaudit.api.audit import assign, audit, discover, render_html
    from fairaudit.api.bootstrap import bootstrap
    from fairaudit.api.releases import compare, gate, record
    from fairaudit.core.counts import Rate
    from fairaudit.exports.outputs import read_models, save
    from fairaudit.exports.targets import targets
    from fairaudit.inputs.log import read_log

__all__ = [
    "Rate",
    "__version__",
    "assign",
    "audit",
    "bootstrap",
    "compare",
    "discover",
    "gate",
    "read_log",
    "read_models",
    "record",
    "render_html",
    "save",
    "targets",
]

__version__ = "0.2.0"

#: Where the public names live; they are imported when first used, so that ``import fairaudit`` costs nothing.
_HOMES: Final = {
    "Rate": "fairaudit.core.counts",
    "assign": "fairaudit.api.audit",
    "audit": "fairaudit.api.audit",
    "bootstrap": "fairaudit.api.bootstrap",
    "compare": "fairaudit.api.releases",
    "discover": "fairaudit.api.audit",
    "gate": "fairaudit.api.releases",
    "read_log": "fairaudit.inputs.log",
    "read_models": "fairaudit.exports.outputs",
    "record": "fairaudit.api.releases",
    "render_html": "fairaudit.api.audit",
    "save": "fairaudit.exports.outputs",
    "targets": "fairaudit.exports.targets",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fairaudit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
