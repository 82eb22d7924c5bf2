"""Rules on the numbers of an audit or a comparison, and the verdict that a pipeline acts on."""

from fairaudit.gating.judge import judge
from fairaudit.gating.rules import RULES, Rule, rules_from
from fairaudit.results.gate import FAIL, INSUFFICIENT, PASS, Check, GateResult, Subject

__all__ = ["FAIL", "INSUFFICIENT", "PASS", "RULES", "Check", "GateResult", "Rule", "Subject", "judge", "rules_from"]
