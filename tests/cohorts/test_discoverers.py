from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from fairaudit.cohorts import BUILT_IN, Embedding, GeoTree, Named, ZipCensus, discoverer, discoverers
from fairaudit.core.errors import UsageError


def test_built_in_methods() -> None:
    assert list(BUILT_IN) == ["geo-tree", "geo-scan", "zip-census", "embedding", "named"]
    assert {**discoverers(), **BUILT_IN} == discoverers()
    for method, kind in BUILT_IN.items():
        assert is_dataclass(kind)
        assert kind.method == method
        assert {"min_speakers"} <= {field.name for field in fields(kind)}


@pytest.mark.parametrize(
    ("method", "settings", "made"),
    [
        ("geo-tree", {"max_leaves": "126", "min_words": "2.5"}, GeoTree(max_leaves=126, min_words=2.5)),
        ("geo-tree", {"criterion": "gap", "min_speakers": 7}, GeoTree(criterion="gap", min_speakers=7)),
        ("zip-census", {"pairs": "No", "quantiles": "0.1, 0.9"}, ZipCensus(pairs=False, quantiles=(0.1, 0.9))),
        ("zip-census", {"attributes": "a, b"}, ZipCensus(attributes=("a", "b"))),
        ("embedding", {"weights": "words"}, Embedding(weights="words")),
        ("named", {"by": ("accent", "sex")}, Named(by=("accent", "sex"))),
    ],
)
def test_settings_may_be_texts(method: str, settings: dict[str, Any], made: object) -> None:
    assert discoverer(method, settings) == made


@pytest.mark.parametrize(
    ("method", "settings", "says"),
    [
        ("geotree", {}, r"unknown method 'geotree'.*did you mean 'geo-tree'"),
        ("geo-tree", {"leaves": 3}, r"unknown setting of geo-tree 'leaves'.*did you mean 'max_leaves'"),
        ("geo-tree", {"max_leaves": "many"}, r"max_leaves must be int, not 'many'"),
        ("zip-census", {"pairs": "perhaps"}, r"pairs must be bool, not 'perhaps'"),
        ("zip-census", {"quantiles": "0.5,x"}, r"quantiles must be tuple, not '0.5,x'"),
        ("geo-tree", {"criterion": "scor"}, r"unknown criterion 'scor'.*did you mean 'score'"),
    ],
)
def test_what_cannot_be_made_is_reported(method: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        discoverer(method, settings)
