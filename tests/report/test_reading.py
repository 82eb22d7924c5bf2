from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.core.errors import InputError
from fairaudit.report import render_terminal
from fairaudit.results.reading import audit_schema, validate_audit

Json = dict[str, Any]
PageOf = Callable[[Json], str]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a document."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from places(node[key])


def accepted(audit: Any) -> bool:
    try:
        validate_audit(audit)
    except InputError:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(audit_schema())


@pytest.mark.parametrize("name", ["rich", "crowded", "bare"])
def test_the_audits_of_these_tests_keep_the_contract(name: str, request: pytest.FixtureRequest) -> None:
    audit = json.loads(json.dumps(request.getfixturevalue(name), allow_nan=False))
    jsonschema.Draft202012Validator(audit_schema()).validate(audit)
    validate_audit(audit)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_check_that_ships_agrees_with_jsonschema_on_broken_audits(data: st.DataObject) -> None:
    audit = _small_audit()
    container, key = data.draw(st.sampled_from(list(places(audit))))
    surprise = data.draw(st.sampled_from(["delete", None, -1, 0.5, 7.0, True, "text", [], {}, "no evidence"]))
    if surprise == "delete":
        del container[key]
    else:
        container[key] = surprise
    valid = jsonschema.Draft202012Validator(audit_schema()).is_valid(audit)
    sound = valid and _even_histograms(audit) and audit["rate"] == "wer"
    assert accepted(audit) == sound
    if sound:
        assert render_terminal(audit)


def _even_histograms(audit: Json) -> bool:
    nulls = [discovery["null"] for discovery in audit["discoveries"] if discovery["null"] is not None]
    return all(len(null["histogram"]["edges"]) == len(null["histogram"]["counts"]) + 1 for null in nulls)


def _small_audit() -> Json:
    gap = {"gap_relative": 0.4, "gap_interval": [0.2, 0.7], "gap_absolute": 0.04, "ratio": 1.4, "bottom_rate": 0.14,
           "reference_rate": 0.1, "reference": "rest", "speakers": 40, "excess_errors": 12.5,
           "bottom_share": {"speakers": 0.1, "utterances": 0.1, "exposure": 0.1, "errors": 0.14}}  # fmt: skip
    cohort = {"id": 3, "label": "R3", "description": "south", "errors": 100, "exposure": 900, "rate": 0.11,
              "shrunk_rate": 0.105, "interval": [0.09, 0.13], "rank_interval": [1, 4], "speakers": 40,
              "utterances": 800, "share_speakers": 0.1, "excess_errors": 12.5, "substitutions": 50, "deletions": 30,
              "insertions": 20, "score": 3.1, "p_adjusted": 0.01, "flagged": True, "effective_speakers": 33.1,
              "largest_speaker_share": 0.07, "tested": True, "not_tested_because": None,
              "suppressed": False}  # fmt: skip
    named = {"cohort_ids": [3], "description": "south"}
    kinds = {"substitutions": 0.06, "deletions": 0.03, "insertions": 0.02}
    discovery = {"method": "geo-tree", "title": "geo-tree", "settings": {"max_leaves": 16}, "verdict": "disparity",
                 "reason": "why", "p_value": 0.002, "p_value_alone": 0.001, "permutations": 999,
                 "minimum_detectable_gap": 0.35, "minimum_detectable_share": 0.1,
                 "null": {"observed": 5.1, "quantiles": {"0.5": 2.4, "0.95": 3.3},
                          "histogram": {"edges": [1.0, 2.0, 3.0], "counts": [3, 4]}},
                 "measured_on": "held-out speakers", "held_out": gap, "search_inflated": copy.deepcopy(gap),
                 "bottom": named, "top": copy.deepcopy(named), "cohorts": [cohort],
                 "examined": {"count": 3, "best": [{"description": "x > 1", "rate": 0.1, "score": 2.0,
                                                    "p_adjusted": 0.2, "speakers": 30}]},
                 "regions": [{"cohort_id": 3, "bounds": [0.0, 1.0, 2.0, 3.0]}],
                 "stability": {"seeds": 5, "ari": 0.9},
                 "nb2": [{"cohort_id": 3, "ratio": 1.4, "interval": [1.1, 1.8], "p_value": 0.01, "p_adjusted": 0.02}],
                 "by_kind": {"bottom": kinds, "reference": copy.deepcopy(kinds)},
                 "overlap": [{"title": "geo-scan", "share": [0.4, 0.5]}],
                 "areas": [{"bounds": [0.0, 1.0, 2.0, 3.0], "rate": 0.1, "thin": False, "bottom_heavy": True}],
                 "voices": {"explained": [0.2, 0.1],
                            "cohorts": [{"cohort_id": 3, "mean": [0.1, 0.2],
                                         "covariance": [[0.02, 0.0], [0.0, 0.01]]}]},
                 "unassigned": {"speakers": 1, "utterances": 1, "errors": 1, "exposure": 1},
                 "notes": ["n"]}  # fmt: skip
    again = {"title": "geo-tree", "held_out": {name: copy.deepcopy(gap[name]) for name in (
             "gap_relative", "gap_interval", "bottom_rate", "reference_rate")},
             "conclusion": {"first": "worse", "second": "no clear gap"}}  # fmt: skip
    return {"normalizer_sensitivity": {"normalizer": "none-1", "overall_rate": 0.12, "searches": [again]},
            "schema_version": 1, "signature": "rate:wer", "rate": "wer", "redacted": True,
            "sampling_unit": "speaker_id", "inputs": [{"name": "a.csv", "sha256": "0", "rows": 9}],
            "quality": {"rows_in": 9, "rows_used": 9, "rows_quarantined": 0, "by_code": {"a": 1},
                        "coercions": {"b": 2}, "notes": ["n"],
                        "join_rates": {"census": 0.9}},
            "overall": {"errors": 1, "exposure": 10, "rate": 0.1, "interval": [0.0, 0.2], "speakers": 5,
                        "utterances": 9},
            "searches": 1, "skipped": [{"method": "m", "needs": "n"}], "discoveries": [discovery]}  # fmt: skip


@pytest.mark.slow
def test_more_may_be_added_where_the_contract_says_so_and_nowhere_else(rich: Json, page_of: PageOf) -> None:
    for open_place in (rich, rich["discoveries"][0], rich["discoveries"][0]["cohorts"][0]):
        open_place["later"] = 1
    validate_audit(rich)
    assert page_of(rich)
    rich["overall"]["later"] = 1
    with pytest.raises(InputError, match=r"audit\.overall has an unknown key 'later'"):
        validate_audit(rich)


def test_sentences_of_the_check(rich: Json) -> None:
    with pytest.raises(InputError, match="audit: the document is not a JSON object"):
        validate_audit([rich])
    with pytest.raises(InputError, match="schema_version is 3; this fairaudit reads 1 and 2"):
        validate_audit(rich | {"schema_version": 3})
    with pytest.raises(InputError, match=r"audit lacks \['schema_version', 'signature'"):
        validate_audit({})
    rich["discoveries"][0]["verdict"] = "unfair"
    with pytest.raises(InputError, match=r"discoveries\[0\]\.verdict is 'unfair'; expected one of \['disparity'"):
        validate_audit(rich)


def test_not_a_number_and_crooked_histograms_are_refused(rich: Json) -> None:
    crooked = copy.deepcopy(rich)
    crooked["discoveries"][0]["null"]["histogram"]["counts"].append(1)
    with pytest.raises(InputError, match=r"discoveries\[0\]\.null\.histogram has 25 counts and 25 edges"):
        validate_audit(crooked)
    rich["overall"]["rate"] = float("nan")
    with pytest.raises(InputError, match=r"audit\.overall\.rate is nan"):
        validate_audit(rich)
