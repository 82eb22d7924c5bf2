"""Every kind of result is saved, shown and read back alike, and so is the document that was read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.core.errors import UsageError

KINDS = ("audit", "comparison", "gate", "history")


@pytest.fixture(scope="module")
def results(release: Any) -> dict[str, Any]:
    audit = fairaudit.audit(release.before, methods="named", by="accent", permutations=19)
    comparison = fairaudit.compare(release.before, release.after, audit.models, permutations=19)
    return {
        "audit": audit,
        "comparison": comparison,
        "gate": fairaudit.gate(comparison, {"max-regression": 0}),
        "history": fairaudit.record(audit.models, "1.0", release.before),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_and_its_document_give_the_same_files(kind: str, results: dict[str, Any], tmp_path: Path) -> None:
    written = fairaudit.save(results[kind], tmp_path / "one")
    assert {f"{kind}.html", f"{kind}.json"} <= {path.name for path in written}
    document = fairaudit.read_result(tmp_path / "one" / f"{kind}.json")
    assert json.loads(results[kind].to_json()) == document
    assert fairaudit.render_html(document) == fairaudit.render_html(results[kind])

    again = fairaudit.save(document, tmp_path / "two")
    assert {path.name for path in written} - {path.name for path in again} <= {"cohorts.json"}
    for path in again:
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_by_the_end_of_its_name(kind: str, results: dict[str, Any], tmp_path: Path) -> None:
    for suffix in (".json", ".html", ".md", ".txt"):
        path = tmp_path / "new" / f"result{suffix}"
        assert fairaudit.save(results[kind], path) == [path]
        assert path.read_text("utf-8").strip()
    assert fairaudit.read_result(tmp_path / "new" / "result.json") == json.loads(results[kind].to_json())


def test_pages_of_their_own(results: dict[str, Any]) -> None:
    gate = fairaudit.render_html(results["gate"])
    assert "Gate failed" in gate
    assert results["gate"].signature in gate
    history = fairaudit.render_html(results["history"])
    assert "Frozen cohorts at every release" in history
    assert "1.0" in history


@pytest.mark.slow
def test_documents_stand_beside_an_audit(results: dict[str, Any], tmp_path: Path) -> None:
    made = {kind: results[kind] for kind in ("comparison", "history")} | {"gates": results["gate"]}
    read = {name: json.loads(result.to_json()) for name, result in made.items()}
    assert fairaudit.render_html(results["audit"], **made) == fairaudit.render_html(results["audit"], **read)
    page = fairaudit.save(results["audit"], tmp_path / "page.html", **made)[0].read_text("utf-8")
    assert page == fairaudit.render_html(results["audit"], **made)


def test_models_are_written_as_they_are_read(results: dict[str, Any], tmp_path: Path) -> None:
    models = [model.redacted() for model in results["audit"].models]
    assert fairaudit.read_models(fairaudit.write_models(models, tmp_path / "a.json")) == models
    assert fairaudit.read_models(fairaudit.write_models(models[0], str(tmp_path / "b.json"))) == models


def test_what_is_no_result_is_a_sentence(results: dict[str, Any], tmp_path: Path) -> None:
    for wrong in (3, None, "audit.json"):
        with pytest.raises(
            UsageError, match="a result must be an audit, a board, a comparison, a gate, a history or a document"
        ):
            fairaudit.render_html(wrong)  # type: ignore[arg-type]
    needed = {"gate": "rules are checked against an audit", "history": "max-gap needs an audit"}
    for kind, words in needed.items():
        with pytest.raises(UsageError, match=rf"{words}\.json.* this is a {kind}\.json"):
            fairaudit.gate(results[kind], {"max-gap": 0.2})
        with pytest.raises(UsageError, match=f"a {kind} is shown with an audit or a comparison"):
            fairaudit.render_html(results[kind], gates=results["gate"])
