"""Every operator of the query language, defined once: arguments, result, version, English.

Parser, printer, guard, explanation and documentation read these tables; a name that is in none
of them cannot be put into a tree. Depends on nothing.
"""

from mqt_serving.query.operators.accumulators import ACCUMULATORS, WINDOW_FUNCTIONS
from mqt_serving.query.operators.definition import (
    Kind,
    Operator,
    Shape,
    Type,
    Types,
    suggestion,
)
from mqt_serving.query.operators.expressions import EXPRESSIONS
from mqt_serving.query.operators.filters import FIELD_TESTS, FILTER_FORMS, FILTERS, GEO_TESTS
from mqt_serving.query.operators.refused import FORBIDDEN, NOT_YET
from mqt_serving.query.operators.stages import STAGES

__all__ = [
    "ACCUMULATORS",
    "EXPRESSIONS",
    "FIELD_TESTS",
    "FILTERS",
    "FILTER_FORMS",
    "FORBIDDEN",
    "GEO_TESTS",
    "NOT_YET",
    "STAGES",
    "WINDOW_FUNCTIONS",
    "Kind",
    "Operator",
    "Shape",
    "Type",
    "Types",
    "suggestion",
]
