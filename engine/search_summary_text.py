"""`jsonData`: the reference's column of the whole summary as text. Here it is what free text searches.

So a query may ask for it as `jsonData=*text*`, once, beside clauses that are joined by AND.
"""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.search import EVERYTHING, And, Comparison, Field, Or, Query

JSON_DATA: Field = "jsonData"


def without_summary_text(query: Query, free_text: str) -> tuple[Query, str]:
    """The query less its clause about `jsonData`, and the free text that this clause means or that was there.

    Raises InvalidInput for a clause that free text cannot say.
    """
    parts = query.parts if isinstance(query, And) else (query,)
    rest = tuple(part for part in parts if not _is_about_it(part))
    asked = [
        part.value for part in parts if isinstance(part, Comparison) and _is_about_it(part) and part.operator == "="
    ]
    if len(asked) + len(rest) < len(parts) or len(asked) > 1 or any(_mentions_it(part) for part in rest):
        raise _unsayable()
    if not asked:
        return query, free_text
    text = str(asked[0])
    if free_text or len(text) < 3 or text[0] != "*" or text[-1] != "*" or "*" in text[1:-1]:
        raise _unsayable()
    return (And(rest) if len(rest) > 1 else rest[0] if rest else EVERYTHING), text[1:-1]


def _is_about_it(query: Query) -> bool:
    return getattr(query, "field", None) == JSON_DATA


def _mentions_it(query: Query) -> bool:
    return any(_mentions_it(part) for part in query.parts) if isinstance(query, And | Or) else _is_about_it(query)


def _unsayable() -> InvalidInput:
    return InvalidInput(
        "Incorrectly formatted query string: jsonData can be asked for once, as jsonData=*text*, beside clauses that"
        " are joined by AND and without freeText, which searches the same."
    )
