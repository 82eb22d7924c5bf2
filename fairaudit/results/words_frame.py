"""The words of an audit as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.results.documents import BecomesDoc, OverallBecomesDoc, WrongWordsDoc

__all__ = ["words_frame"]

#: Columns of the words of groups, and of those of all speakers, between the word and what it becomes.
_OF_A_GROUP: Final = ("rate", "rest_rate", "p_adjusted", "speakers_at_least", "rest_speakers_at_least")
_OVERALL: Final = ("rate", "share_of_errors")


def words_frame(words: WrongWordsDoc | None, title: str | None) -> pd.DataFrame:
    """Return the words of the groups of a search, or, without a title, those of all speakers.

    Parameters
    ----------
    words
        ``wrong_words`` of ``audit.json``.
    title
        Title of the search.
    """
    import pandas as pd

    if title is None:
        overall = words and words.get("overall")
        common = overall["words"] if overall else []
        rows = [{**one, "word": one["text"], "becomes": _becomes(one["becomes"])} for one in common]
        return pd.DataFrame(rows, columns=["word", *_OVERALL, "becomes"])
    groups = [group for group in (words["groups"] if words else ()) if group["title"] == title]
    rows = [
        {**one, "group": group["description"], "word": one["text"], "becomes": _becomes(one["becomes"])}
        for group in groups
        for one in group["words"]
    ]
    return pd.DataFrame(rows, columns=["group", "word", *_OF_A_GROUP, "becomes"])


def _becomes(heard: Sequence[BecomesDoc] | Sequence[OverallBecomesDoc]) -> str:
    return ", ".join(one["text"] or "(left out)" for one in heard)
