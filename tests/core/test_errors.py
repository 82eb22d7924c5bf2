from __future__ import annotations

import pytest

from fairaudit.core.errors import FairauditError, InputError, NothingToAuditError, UsageError, unknown_name


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (InputError, 3), (NothingToAuditError, 5)])
def test_one_root_and_an_exit_code_each(kind: type[FairauditError], code: int) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, FairauditError)
    assert issubclass(kind, ValueError)


@pytest.mark.parametrize(
    ("name", "known", "sentence"),
    [
        ("ZIPCODE", ["zip_code"], "unknown column 'ZIPCODE'; there are ['zip_code']; did you mean 'zip_code'?"),
        ("accent", ["Accent", "sex"], "unknown column 'accent'; there are ['Accent', 'sex']; did you mean 'Accent'?"),
        ("xyz", ["latitude"], "unknown column 'xyz'; there are ['latitude']"),
        ("", [], "unknown column ''; there are []"),
    ],
)
def test_says_what_exists_and_what_is_near(name: str, known: list[str], sentence: str) -> None:
    assert unknown_name("column", name, iter(known)) == sentence
