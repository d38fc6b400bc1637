"""Values that multiply their input are told before they are built."""

from __future__ import annotations

import pytest

from mqt_serving.errors import QueryRefused
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.growth import check_growth

LIMIT = 100


def grows(stages: str) -> str | None:
    try:
        check_growth(parse_query(f"db.c.aggregate([{stages}])"), LIMIT)
    except QueryRefused as error:
        return str(error)
    return None


DOUBLING = "{$addFields: {a: {$concat: ['$a', '$a']}}}"


def test_doubling_is_counted_over_the_stages() -> None:
    assert grows(", ".join([DOUBLING] * 6)) is None  # 64 times
    assert grows(", ".join([DOUBLING] * 7)) is not None  # 128 times


@pytest.mark.parametrize(
    "stages",
    [
        "{$project: {a: {$range: [0, 101]}}}",
        "{$project: {a: {$range: [0, 1010, 10]}}}",
        "{$project: {a: {$range: [1010, 0, -10]}}}",
        "{$match: {$expr: {$in: [5, {$range: [0, 500]}]}}}",
        "{$group: {_id: {$range: [0, 500]}}}",
        "{$sortByCount: {$size: {$range: [0, 500]}}}",
        "{$facet: {x: [{$project: {a: {$range: [0, 500]}}}]}}",
        "{$unionWith: {coll: 'd', pipeline: [{$project: {a: {$range: [0, 500]}}}]}}",
        "{$lookup: {from: 'd', let: {v: {$range: [0, 500]}}, pipeline: [], as: 'x'}}",
        "{$lookup: {from: 'd', let: {v: {$range: [0, 60]}}, pipeline: [{$project: {a: {$concat"
        "Arrays: ['$$v', '$$v']}}}], as: 'x'}}",
        "{$bucket: {groupBy: '$a', boundaries: [0, 5], output: {x: {$push: {$range: [0, 500]}}}}}",
        "{$setWindowFields: {sortBy: {a: 1}, output: {x: {$push: {$range: [0, 500]}}}}}",
        "{$fill: {sortBy: {a: 1}, output: {x: {value: {$range: [0, 500]}}}}}",
        "{$addFields: {a: {$map: {input: {$range: [0, 11]}, in: {$range: [0, 11]}}}}}",
        "{$addFields: {a: {$reduce: {input: '$l', initialValue: '', in: {$concat: ['$$value', "
        "'$$value']}}}}}",
        "{$addFields: {a: {$reduce: {input: '$l', initialValue: {}, in: {x: '$$value', y: "
        "'$$value'}}}}}",
        "{$addFields: {a: {$replaceAll: {input: '$a', find: 'a', replacement: '"
        + "b" * 101
        + "'}}}}",
        ", ".join(["{$replaceWith: {a: '$$ROOT', b: '$$ROOT'}}"] * 8),
    ],
)
def test_what_multiplies_is_refused(stages: str) -> None:
    assert grows(stages) is not None


@pytest.mark.parametrize(
    "stages",
    [
        "{$project: {a: {$range: [0, 24]}}}",
        "{$project: {a: {$range: [0, {$size: '$l'}]}}}",
        "{$project: {name: {$concat: ['$first', ' ', '$middle', ' ', '$last']}}}",
        "{$project: {a: {$reduce: {input: '$l', initialValue: '', in: {$concat: ['$$value', "
        "{$cond: [{$eq: ['$$value', '']}, '', ', ']}, '$$this']}}}}}",
        "{$project: {a: {$reduce: {input: '$l', initialValue: 0, in: {$add: ['$$value', "
        "{$multiply: ['$$value', '$$this']}]}}}}}",
        "{$project: {a: {$reduce: {input: '$l', initialValue: null, in: {$cond: [{$gt: ['$$this', "
        "'$$value']}, '$$this', '$$value']}}}}}",
        "{$project: {a: {$map: {input: '$l', in: {x: '$$this.x', y: {$multiply: ['$$this.p', "
        "'$$this.q']}}}}}}",
        "{$project: {a: {$replaceAll: {input: '$a', find: ' ', replacement: '-'}}}}",
        "{$group: {_id: '$a', all: {$push: '$$ROOT'}, n: {$sum: 1}}}",
        ", ".join(["{$addFields: {n: {$add: ['$n', '$n']}}}"] * 20),
        ", ".join(["{$addFields: {n: {$mergeObjects: ['$n', {x: 1}]}}}"] * 20),
    ],
)
def test_what_people_compute_passes(stages: str) -> None:
    assert grows(stages) is None
