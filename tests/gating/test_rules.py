from __future__ import annotations

import pytest

from fairaudit.core.errors import UsageError
from fairaudit.results.gate_rules import RULES, GateRule, rules_from


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0.2", GateRule("max-gap", 0.2, "lower", "fail")),
        ("20%", GateRule("max-gap", 0.2, "lower", "fail")),
        ("150%", GateRule("max-gap", 1.5, "lower", "fail")),
        (" 1.5 % , point", GateRule("max-gap", 0.015, "point", "fail")),
        ("0.2,warn", GateRule("max-gap", 0.2, "lower", "warn")),
        ("0.2,pass,upper", GateRule("max-gap", 0.2, "upper", "pass")),
        ("-0.1", GateRule("max-gap", -0.1, "lower", "fail")),
    ],
)
def test_a_rule_is_a_limit_an_end_and_a_treatment(text: str, rule: GateRule) -> None:
    assert GateRule.parse("max-gap", text) == rule


@pytest.mark.parametrize(
    "text", ["", "much", "0.2,middle", "0.2,upper,lower", "nan", "inf", "0.2,warn,pass", "20", "1.01"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="max-gap"):
        GateRule.parse("max-gap", text)


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("400 ms", 400.0, "ms"),
        ("400ms,point", 400.0, "ms"),
        ("-.5 s per s", -0.5, "s per s"),
        ("1e3 ms", 1000.0, "ms"),
        ("5e-2", 0.05, "%"),
        ("2.5E-1", 0.25, "%"),
        ("2e1%", 0.2, "%"),
        ("5 em", 5.0, "em"),
    ],
)
def test_a_limit_of_a_rate_may_have_its_unit(text: str, limit: float, unit: str) -> None:
    rule = GateRule.parse("max-rate", text)
    assert (rule.limit, rule.unit) == (limit, unit)


@pytest.mark.parametrize("text", ["1.2.3 ms", ".. ms", "ms", "- ms", "4 2 ms", "1e400 ms", "nan ms"])
def test_a_limit_whose_number_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="max-rate: the limit must be a"):
        GateRule.parse("max-rate", text)


def test_a_limit_that_lets_everything_pass_by_a_slip_is_refused() -> None:
    with pytest.raises(UsageError, match=r"max-rate: 30 means 3000 %; write 30%, or 3000% if you mean that"):
        rules_from({"max-rate": 30}, "fairaudit.toml")
    with pytest.raises(UsageError, match=r"min-tested: the limit must be between 0 and 100 %, not 120 %"):
        GateRule.parse("min-tested", "120%")


def test_names_near_are_reported() -> None:
    with pytest.raises(UsageError, match="did you mean 'max-regression'"):
        GateRule.parse("max-regresion", "0")


def test_a_share_has_no_interval() -> None:
    assert GateRule.parse("min-tested", "0.9,warn") == GateRule("min-tested", 0.9, None, "warn")
    with pytest.raises(UsageError, match="no end 'upper'"):
        GateRule.parse("min-tested", "0.9,upper")
    with pytest.raises(UsageError, match="no end None"):
        GateRule("max-gap", 0.2, None)


def test_defaults_ask_for_proof_of_harm_and_for_proof_of_no_harm() -> None:
    ends = {name: GateRule.parse(name, "0").end for name in RULES}
    assert ends == {
        "max-gap": "lower", "max-rate": "lower", "max-regression": "lower", "non-inferiority": "upper",
        "min-tested": None, "min-paired": None,
    }  # fmt: skip


def test_a_table_spells_rules_in_three_ways() -> None:
    table = {"max_gap": 0.2, "max-rate": "30%,point", "max-regression": {"limit": 0, "insufficient": "warn"}}
    assert rules_from(table, "fairaudit.toml") == [
        GateRule("max-gap", 0.2, "lower"),
        GateRule("max-rate", 0.3, "point"),
        GateRule("max-regression", 0.0, "lower", "warn"),
    ]
    for wrong in ({"max-gap": {"end": "lower"}}, {"max-gap": {"limit": 0, "ends": "lower"}}, {"max-gap": [1]}):
        with pytest.raises(UsageError, match="max-gap"):
            rules_from(wrong, "fairaudit.toml")
