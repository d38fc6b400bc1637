"""One query or more for every operator of the language, over the documents of `DOCUMENTS`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson import Decimal128, ObjectId, Timestamp

Mongo = dict[str, Any]


def _place(longitude: float, latitude: float) -> Mongo:
    return {"type": "Point", "coordinates": [longitude, latitude]}


DOCUMENTS: list[Mongo] = [
    {
        "_id": 1, "n": 7, "m": 2, "x": 2.5, "s": " Anna Bell", "t": "bell", "day": 1,
        "d": datetime(2025, 3, 9, 14, 30, 5, 250_000, tzinfo=UTC), "flag": True,
        "list": [3, 1, 2], "other": [2, 5], "objs": [{"k": "a", "v": 1}, {"k": "b", "v": 2}],
        "o": {"a": 1, "b": 2}, "dec": Decimal128("19.90"), "ts": Timestamp(1_741_500_000, 3),
        "oid": ObjectId("65f0c0ffee65f0c0ffee65f0"), "loc": _place(13.4, 52.5), "flat": [1, 2],
        "boss": None, "text": "fresh red apples", "date_text": "2025-03-09",
    },
    {
        "_id": 2, "n": -3, "m": 5, "x": 0.25, "s": "Bob", "t": "BOB", "day": 2,
        "d": datetime(2024, 12, 31, 23, 0, tzinfo=UTC), "flag": False,
        "list": [5], "other": [5], "objs": [{"k": "a", "v": 9}], "o": {"a": 4, "b": 0},
        "dec": Decimal128("5"), "ts": Timestamp(1_735_600_000, 1),
        "oid": ObjectId("65f0c0ffee65f0c0ffee65f1"), "loc": _place(2.35, 48.86), "flat": [4, 4],
        "boss": 1, "text": "green pears", "date_text": "2024-12-31",
    },
    {
        "_id": 3, "n": 12, "m": 4, "x": 1.0, "s": "Zoë", "t": "zoe", "day": 5,
        "d": datetime(2025, 3, 10, 0, 0, tzinfo=UTC), "flag": True,
        "list": [2, 2, 8, 1], "other": [], "objs": [], "o": {"a": 1, "b": 7},
        "dec": Decimal128("100"), "ts": Timestamp(1_741_600_000, 2),
        "oid": ObjectId("65f0c0ffee65f0c0ffee65f2"), "loc": _place(13.5, 52.4), "flat": [1, 3],
        "boss": 2, "text": "red wine", "date_text": "2025-03-10", "gap": 10,
    },
]  # fmt: skip

_ZONED = {"date": "$d", "timezone": "Europe/Berlin"}

EXPRESSION_CASES: Mapping[str, list[Any]] = {
    "$add": [{"$add": ["$n", "$m", 1]}, {"$add": ["$d", 3_600_000]}],
    "$subtract": [{"$subtract": ["$n", "$m"]}, {"$subtract": ["$d", "$d"]}],
    "$multiply": [{"$multiply": ["$n", "$x"]}],
    "$divide": [{"$divide": ["$n", "$m"]}],
    "$mod": [{"$mod": ["$n", 5]}],
    "$abs": [{"$abs": "$n"}],
    "$ceil": [{"$ceil": "$x"}],
    "$floor": [{"$floor": "$x"}],
    "$round": [{"$round": ["$x", 1]}, {"$round": "$x"}],
    "$trunc": [{"$trunc": ["$x", 1]}, {"$trunc": "$x"}],
    "$pow": [{"$pow": ["$m", 2]}],
    "$sqrt": [{"$sqrt": "$m"}],
    "$exp": [{"$exp": "$x"}],
    "$ln": [{"$ln": "$m"}],
    "$log": [{"$log": ["$m", 2]}],
    "$log10": [{"$log10": "$m"}],
    "$sin": [{"$sin": "$x"}],
    "$cos": [{"$cos": "$x"}],
    "$tan": [{"$tan": "$x"}],
    "$asin": [{"$asin": {"$divide": ["$m", 10]}}],
    "$acos": [{"$acos": {"$divide": ["$m", 10]}}],
    "$atan": [{"$atan": "$x"}],
    "$atan2": [{"$atan2": ["$n", "$m"]}],
    "$sinh": [{"$sinh": "$x"}],
    "$cosh": [{"$cosh": "$x"}],
    "$tanh": [{"$tanh": "$x"}],
    "$asinh": [{"$asinh": "$x"}],
    "$acosh": [{"$acosh": "$m"}],
    "$atanh": [{"$atanh": {"$divide": ["$m", 10]}}],
    "$degreesToRadians": [{"$degreesToRadians": "$n"}],
    "$radiansToDegrees": [{"$radiansToDegrees": "$x"}],
    "$bitAnd": [{"$bitAnd": ["$n", "$m"]}],
    "$bitOr": [{"$bitOr": ["$n", "$m"]}],
    "$bitXor": [{"$bitXor": ["$n", "$m"]}],
    "$bitNot": [{"$bitNot": "$n"}],
    "$eq": [{"$eq": ["$m", 2]}],
    "$ne": [{"$ne": ["$m", 2]}],
    "$gt": [{"$gt": ["$n", "$m"]}],
    "$gte": [{"$gte": ["$n", 7]}],
    "$lt": [{"$lt": ["$n", "$m"]}],
    "$lte": [{"$lte": ["$n", 7]}],
    "$cmp": [{"$cmp": ["$n", "$m"]}],
    "$and": [{"$and": ["$flag", {"$gt": ["$n", 8]}]}],
    "$or": [{"$or": ["$flag", {"$gt": ["$n", 8]}]}],
    "$not": [{"$not": ["$flag"]}, {"$not": "$flag"}],
    "$cond": [
        {"$cond": ["$flag", "$n", "$m"]},
        {"$cond": {"if": "$flag", "then": "yes", "else": "$missing"}},
    ],
    "$ifNull": [{"$ifNull": ["$gap", 0]}, {"$ifNull": ["$gap", "$boss", "none"]}],
    "$switch": [
        {
            "$switch": {
                "branches": [{"case": {"$gt": ["$n", 8]}, "then": "much"}],
                "default": "little",
            }
        }
    ],
    "$concat": [{"$concat": ["$s", "-", "$t"]}],
    "$toLower": [{"$toLower": "$s"}],
    "$toUpper": [{"$toUpper": "$s"}],
    "$substr": [{"$substr": ["$t", 0, 2]}],
    "$substrBytes": [{"$substrBytes": ["$t", 1, 2]}],
    "$substrCP": [{"$substrCP": ["$s", 1, 2]}],
    "$strLenBytes": [{"$strLenBytes": "$s"}],
    "$strLenCP": [{"$strLenCP": "$s"}],
    "$strcasecmp": [{"$strcasecmp": ["$t", "bob"]}],
    "$split": [{"$split": ["$text", " "]}],
    "$indexOfBytes": [{"$indexOfBytes": ["$text", "r"]}],
    "$indexOfCP": [{"$indexOfCP": ["$text", "r", 2, 9]}],
    "$trim": [{"$trim": {"input": "$s"}}, {"$trim": {"input": "$t", "chars": "b"}}],
    "$ltrim": [{"$ltrim": {"input": "$s"}}],
    "$rtrim": [{"$rtrim": {"input": "$t", "chars": "le"}}],
    "$regexMatch": [{"$regexMatch": {"input": "$t", "regex": "^b", "options": "i"}}],
    "$regexFind": [{"$regexFind": {"input": "$text", "regex": "r(e)"}}],
    "$regexFindAll": [{"$regexFindAll": {"input": "$text", "regex": "e"}}],
    "$replaceOne": [{"$replaceOne": {"input": "$text", "find": "e", "replacement": "E"}}],
    "$replaceAll": [{"$replaceAll": {"input": "$text", "find": "e", "replacement": "E"}}],
    "$year": [{"$year": "$d"}, {"$year": _ZONED}],
    "$month": [{"$month": "$d"}, {"$month": _ZONED}],
    "$dayOfMonth": [{"$dayOfMonth": _ZONED}],
    "$dayOfWeek": [{"$dayOfWeek": "$d"}],
    "$dayOfYear": [{"$dayOfYear": "$d"}],
    "$hour": [{"$hour": "$d"}, {"$hour": _ZONED}],
    "$minute": [{"$minute": "$d"}],
    "$second": [{"$second": "$d"}],
    "$millisecond": [{"$millisecond": "$d"}],
    "$week": [{"$week": "$d"}],
    "$isoWeek": [{"$isoWeek": "$d"}],
    "$isoWeekYear": [{"$isoWeekYear": "$d"}],
    "$isoDayOfWeek": [{"$isoDayOfWeek": "$d"}],
    "$dateToString": [
        {"$dateToString": {"date": "$d", "format": "%Y-%m-%d"}},
        {"$dateToString": {"date": "$missing", "onNull": "never"}},
    ],
    "$dateFromString": [
        {"$dateFromString": {"dateString": "$date_text"}},
        {"$dateFromString": {"dateString": "$t", "onError": None}},
    ],
    "$dateToParts": [{"$dateToParts": {"date": "$d", "timezone": "Asia/Tokyo"}}],
    "$dateFromParts": [{"$dateFromParts": {"year": 2025, "month": "$m", "day": 3}}],
    "$dateTrunc": [
        {"$dateTrunc": {"date": "$d", "unit": "month"}},
        {"$dateTrunc": {"date": "$d", "unit": "week", "startOfWeek": "monday", "binSize": 2}},
    ],
    "$dateDiff": [
        {"$dateDiff": {"startDate": "$d", "endDate": datetime(2025, 6, 1), "unit": "day"}}
    ],
    "$dateAdd": [{"$dateAdd": {"startDate": "$d", "unit": "month", "amount": "$m"}}],
    "$dateSubtract": [{"$dateSubtract": {"startDate": "$d", "unit": "day", "amount": 3}}],
    "$tsSecond": [{"$tsSecond": "$ts"}],
    "$tsIncrement": [{"$tsIncrement": "$ts"}],
    "$size": [{"$size": "$list"}],
    "$isArray": [{"$isArray": "$list"}, {"$isArray": ["$n"]}],
    "$arrayElemAt": [{"$arrayElemAt": ["$list", -1]}],
    "$first": [{"$first": "$list"}],
    "$last": [{"$last": "$list"}],
    "$in": [{"$in": [2, "$list"]}, {"$in": ["$m", [2, 4]]}],
    "$indexOfArray": [{"$indexOfArray": ["$list", 2]}],
    "$slice": [{"$slice": ["$list", 2]}, {"$slice": ["$list", 1, 2]}],
    "$concatArrays": [{"$concatArrays": ["$list", "$other"]}],
    "$reverseArray": [{"$reverseArray": "$list"}],
    "$range": [{"$range": [0, "$m"]}, {"$range": [10, 0, -4]}],
    "$filter": [
        {"$filter": {"input": "$list", "cond": {"$gt": ["$$this", 1]}}},
        {"$filter": {"input": "$objs", "as": "o", "cond": {"$eq": ["$$o.k", "a"]}, "limit": 1}},
    ],
    "$map": [{"$map": {"input": "$list", "as": "v", "in": {"$multiply": ["$$v", 2]}}}],
    "$reduce": [
        {
            "$reduce": {
                "input": "$list",
                "initialValue": 0,
                "in": {"$add": ["$$value", "$$this"]},
            }
        }
    ],
    "$sortArray": [
        {"$sortArray": {"input": "$list", "sortBy": -1}},
        {"$sortArray": {"input": "$objs", "sortBy": {"v": -1}}},
    ],
    "$zip": [
        {"$zip": {"inputs": ["$list", "$other"]}},
        {"$zip": {"inputs": ["$list", "$other"], "useLongestLength": True, "defaults": [0, 0]}},
    ],
    "$firstN": [{"$firstN": {"input": "$list", "n": 2}}],
    "$lastN": [{"$lastN": {"input": "$list", "n": 2}}],
    "$maxN": [{"$maxN": {"input": "$list", "n": 2}}],
    "$minN": [{"$minN": {"input": "$list", "n": 2}}],
    "$setUnion": [{"$sortArray": {"input": {"$setUnion": ["$list", "$other"]}, "sortBy": 1}}],
    "$setIntersection": [{"$setIntersection": ["$list", "$other"]}],
    "$setDifference": [{"$setDifference": ["$list", "$other"]}],
    "$setEquals": [{"$setEquals": ["$list", "$other"]}],
    "$setIsSubset": [{"$setIsSubset": ["$other", "$list"]}],
    "$anyElementTrue": [{"$anyElementTrue": ["$list"]}, {"$anyElementTrue": [[False, "$flag"]]}],
    "$allElementsTrue": [{"$allElementsTrue": ["$list"]}],
    "$mergeObjects": [{"$mergeObjects": ["$o", {"c": "$n"}]}],
    "$objectToArray": [{"$objectToArray": "$o"}],
    "$arrayToObject": [{"$arrayToObject": "$objs"}],
    "$getField": [
        {"$getField": "n"},
        {"$getField": {"field": {"$literal": "a"}, "input": "$o"}},
    ],
    "$setField": [{"$setField": {"field": "c", "input": "$o", "value": "$n"}}],
    "$unsetField": [{"$unsetField": {"field": "a", "input": "$o"}}],
    "$type": [{"$type": "$d"}],
    "$isNumber": [{"$isNumber": "$s"}],
    "$convert": [{"$convert": {"input": "$t", "to": "int", "onError": "no", "onNull": 0}}],
    "$toBool": [{"$toBool": "$n"}],
    "$toDate": [{"$toDate": "$date_text"}],
    "$toDecimal": [{"$toDecimal": "$x"}],
    "$toDouble": [{"$toDouble": "$n"}],
    "$toInt": [{"$toInt": "$x"}],
    "$toLong": [{"$toLong": "$x"}],
    "$toObjectId": [{"$toObjectId": {"$toString": "$oid"}}],
    "$toString": [{"$toString": "$n"}],
    "$toUUID": [{"$toUUID": "0d6f9a52-9f6c-4d3c-8f7a-0f6f4f9b8b11"}],
    "$bsonSize": [{"$bsonSize": "$o"}],
    "$binarySize": [{"$binarySize": "$s"}],
    "$let": [{"$let": {"vars": {"a": "$n"}, "in": {"$add": ["$$a", 1]}}}],
    "$rand": [{"$lt": [{"$rand": {}}, 2]}],
    "$meta": [{"$meta": "textScore"}],
    "$sum": [{"$sum": "$list"}, {"$sum": ["$n", "$m"]}],
    "$avg": [{"$avg": "$list"}],
    "$min": [{"$min": "$list"}, {"$min": ["$n", "$m"]}],
    "$max": [{"$max": "$list"}],
    "$stdDevPop": [{"$stdDevPop": "$list"}],
    "$stdDevSamp": [{"$stdDevSamp": "$list"}],
    "$median": [{"$median": {"input": "$list", "method": "approximate"}}],
    "$percentile": [{"$percentile": {"input": "$list", "p": [0.5], "method": "approximate"}}],
}

FILTER_CASES: Mapping[str, list[Mongo]] = {
    "$eq": [{"n": 7}, {"n": {"$eq": 7}}, {"boss": None}, {"o": {"a": 1, "b": 2}}],
    "$ne": [{"gap": {"$ne": 10}}],
    "$gt": [{"n": {"$gt": 7}}, {"d": {"$gt": datetime(2025, 1, 1)}}],
    "$gte": [{"n": {"$gte": 7}}],
    "$lt": [{"n": {"$lt": 7}}],
    "$lte": [{"n": {"$lte": 7}, "m": {"$lte": 4}}],
    "$in": [{"n": {"$in": [7, 12]}}],
    "$nin": [{"n": {"$nin": [7, 12]}}],
    "$exists": [{"gap": {"$exists": True}}, {"gap": {"$exists": False}}],
    "$type": [{"boss": {"$type": "int"}}, {"boss": {"$type": ["null", "string"]}}],
    "$regex": [{"t": {"$regex": "^B"}}, {"t": {"$regex": "^B", "$options": "i"}}],
    "$size": [{"list": {"$size": 1}}],
    "$all": [{"list": {"$all": [1, 2]}}],
    "$mod": [{"n": {"$mod": [5, 2]}}],
    "$bitsAllSet": [{"m": {"$bitsAllSet": 4}}, {"m": {"$bitsAllSet": [0, 2]}}],
    "$bitsAnySet": [{"m": {"$bitsAnySet": 3}}],
    "$bitsAllClear": [{"m": {"$bitsAllClear": 1}}],
    "$bitsAnyClear": [{"m": {"$bitsAnyClear": 5}}],
    "$geoWithin": [
        {"flat": {"$geoWithin": {"$box": [[0, 0], [2, 2]]}}},
        {"flat": {"$geoWithin": {"$polygon": [[0, 0], [5, 0], [5, 5.5]]}}},
        {"flat": {"$geoWithin": {"$center": [[1, 2], 1.5]}}},
        {"loc": {"$geoWithin": {"$centerSphere": [[13.4, 52.5], 0.01]}}},
        {"loc": {"$not": {"$geoWithin": {"$centerSphere": [[13.4, 52.5], 0.01]}}}},
    ],
    "$geoIntersects": [
        {
            "loc": {
                "$geoIntersects": {
                    "$geometry": {
                        "type": "Polygon",
                        "coordinates": [[[13, 52], [14, 52], [14, 53], [13, 53], [13, 52]]],
                    }
                }
            }
        }
    ],
    "$near": [
        {"loc": {"$near": {"$geometry": _place(13.4, 52.5), "$maxDistance": 50_000}}},
        {"flat": {"$near": [1, 2], "$maxDistance": 3}},
    ],
    "$nearSphere": [
        {"loc": {"$nearSphere": {"$geometry": _place(2, 48), "$minDistance": 100_000}}}
    ],
    "$and": [{"$and": [{"n": {"$gt": 0}}, {"n": {"$lt": 10}}]}],
    "$or": [{"$or": [{"n": 7}, {"m": 5}]}],
    "$nor": [{"$nor": [{"n": 7}, {"m": 5}]}],
    "$not": [{"n": {"$not": {"$gt": 7}}}],
    "$elemMatch": [
        {"objs": {"$elemMatch": {"k": "a", "v": {"$gt": 5}}}},
        {"list": {"$elemMatch": {"$gt": 2, "$lt": 4}}},
    ],
    "$expr": [{"$expr": {"$gt": ["$n", "$m"]}}],
    "$text": [
        {"$text": {"$search": "red"}},
        {"$text": {"$search": "pears", "$caseSensitive": True}},
    ],
}

ACCUMULATOR_CASES: Mapping[str, list[Any]] = {
    "$sum": [{"$sum": "$n"}, {"$sum": 1}],
    "$avg": [{"$avg": "$n"}],
    "$min": [{"$min": "$d"}],
    "$max": [{"$max": "$n"}],
    "$first": [{"$first": "$n"}],
    "$last": [{"$last": "$n"}],
    "$push": [{"$push": {"n": "$n", "m": "$m"}}],
    "$addToSet": [{"$addToSet": "$flag"}],
    "$count": [{"$count": {}}],
    "$stdDevPop": [{"$stdDevPop": "$n"}],
    "$stdDevSamp": [{"$stdDevSamp": "$n"}],
    "$mergeObjects": [{"$mergeObjects": "$o"}],
    "$top": [{"$top": {"sortBy": {"n": -1}, "output": "$s"}}],
    "$bottom": [{"$bottom": {"sortBy": {"n": -1}, "output": ["$s", "$n"]}}],
    "$topN": [{"$topN": {"n": 2, "sortBy": {"n": -1}, "output": "$s"}}],
    "$bottomN": [{"$bottomN": {"n": 2, "sortBy": {"n": -1}, "output": "$s"}}],
    "$firstN": [{"$firstN": {"input": "$n", "n": 2}}],
    "$lastN": [{"$lastN": {"input": "$n", "n": 2}}],
    "$maxN": [{"$maxN": {"input": "$n", "n": 2}}],
    "$minN": [{"$minN": {"input": "$n", "n": 2}}],
    "$median": [{"$median": {"input": "$n", "method": "approximate"}}],
    "$percentile": [{"$percentile": {"input": "$n", "p": [0.5], "method": "approximate"}}],
}

WINDOW_CASES: Mapping[str, list[Mongo]] = {
    **{
        name: [{**case, "window": {"documents": ["unbounded", "current"]}} for case in cases]
        for name, cases in ACCUMULATOR_CASES.items()
        if name != "$mergeObjects"
    },
    "$rank": [{"$rank": {}}],
    "$denseRank": [{"$denseRank": {}}],
    "$documentNumber": [{"$documentNumber": {}}],
    "$shift": [{"$shift": {"output": "$n", "by": 1, "default": 0}}],
    "$derivative": [{"$derivative": {"input": "$n"}, "window": {"documents": [-1, 0]}}],
    "$integral": [{"$integral": {"input": "$n"}, "window": {"range": ["unbounded", "current"]}}],
    "$expMovingAvg": [
        {"$expMovingAvg": {"input": "$n", "N": 2}},
        {"$expMovingAvg": {"input": "$n", "alpha": 0.5}},
    ],
    "$covariancePop": [{"$covariancePop": ["$n", "$m"]}],
    "$covarianceSamp": [{"$covarianceSamp": ["$n", "$m"]}],
    "$linearFill": [{"$linearFill": "$gap"}],
    "$locf": [{"$locf": "$gap"}],
}

STAGE_CASES: Mapping[str, list[list[Mongo]]] = {
    "$match": [[{"$match": {"n": {"$gt": 0}}}]],
    "$project": [
        [{"$project": {"n": 1, "_id": 0, "twice": {"$multiply": ["$n", 2]}}}],
        [{"$project": {"o": {"a": 1}, "objs.k": 1}}],
        [{"$project": {"list": 0, "o.a": 0}}],
    ],
    "$addFields": [[{"$addFields": {"o.c": "$n"}}]],
    "$set": [[{"$set": {"n": {"$add": ["$n", 1]}}}]],
    "$unset": [[{"$unset": ["list", "o.a"]}], [{"$unset": "list"}]],
    "$unwind": [
        [{"$unwind": "$list"}],
        [
            {
                "$unwind": {
                    "path": "$objs",
                    "preserveNullAndEmptyArrays": True,
                    "includeArrayIndex": "at",
                }
            }
        ],
    ],
    "$group": [
        [{"$group": {"_id": "$flag", "total": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}],
        [{"$group": {"_id": None, "n": {"$sum": 1}}}],
        [{"$group": {"_id": {"flag": "$flag", "year": {"$year": "$d"}}}}, {"$sort": {"_id": 1}}],
    ],
    "$bucket": [
        [
            {
                "$bucket": {
                    "groupBy": "$n",
                    "boundaries": [0, 10, 20],
                    "default": "other",
                    "output": {"count": {"$sum": 1}, "names": {"$push": "$s"}},
                }
            }
        ]
    ],
    "$bucketAuto": [
        [{"$bucketAuto": {"groupBy": "$m", "buckets": 2}}],
        [
            {
                "$bucketAuto": {
                    "groupBy": "$m",
                    "buckets": 2,
                    "output": {"total": {"$sum": "$n"}},
                    "granularity": "R5",
                }
            }
        ],
    ],
    "$sort": [[{"$sort": {"flag": -1, "n": 1}}]],
    "$limit": [[{"$sort": {"_id": 1}}, {"$limit": 2}]],
    "$skip": [[{"$sort": {"_id": 1}}, {"$skip": 2}]],
    "$count": [[{"$count": "n"}]],
    "$sortByCount": [[{"$sortByCount": "$flag"}]],
    "$lookup": [
        [{"$lookup": {"from": "t", "localField": "boss", "foreignField": "_id", "as": "b"}}],
        [
            {
                "$lookup": {
                    "from": "t",
                    "let": {"mine": "$n"},
                    "pipeline": [
                        {"$match": {"$expr": {"$gt": ["$n", "$$mine"]}}},
                        {"$project": {"n": 1}},
                        {"$sort": {"_id": 1}},
                    ],
                    "as": "larger",
                }
            }
        ],
        [
            {
                "$lookup": {
                    "from": "t",
                    "localField": "boss",
                    "foreignField": "_id",
                    "pipeline": [{"$project": {"s": 1}}],
                    "as": "b",
                }
            }
        ],
    ],
    "$graphLookup": [
        [
            {
                "$graphLookup": {
                    "from": "t",
                    "startWith": "$boss",
                    "connectFromField": "boss",
                    "connectToField": "_id",
                    "as": "chain",
                    "maxDepth": 3,
                    "depthField": "depth",
                    "restrictSearchWithMatch": {"n": {"$lt": 10}},
                }
            },
            {"$project": {"chain": {"$size": "$chain"}}},
        ]
    ],
    "$replaceRoot": [[{"$replaceRoot": {"newRoot": {"$mergeObjects": ["$o", {"n": "$n"}]}}}]],
    "$replaceWith": [[{"$replaceWith": "$o"}]],
    "$facet": [[{"$facet": {"all": [{"$count": "n"}], "some": [{"$match": {"flag": True}}]}}]],
    "$unionWith": [
        [{"$unionWith": "t"}],
        [{"$unionWith": {"coll": "t", "pipeline": [{"$match": {"flag": True}}]}}],
    ],
    "$sample": [[{"$sample": {"size": 10}}, {"$sort": {"_id": 1}}]],
    "$setWindowFields": [
        [
            {
                "$setWindowFields": {
                    "partitionBy": "$flag",
                    "sortBy": {"d": 1},
                    "output": {
                        "running": {
                            "$sum": "$n",
                            "window": {"documents": ["unbounded", "current"]},
                        },
                        "week": {"$avg": "$n", "window": {"range": [-7, 0], "unit": "day"}},
                    },
                }
            }
        ]
    ],
    "$densify": [
        [{"$densify": {"field": "day", "range": {"step": 1, "bounds": "full"}}}],
        [
            {
                "$densify": {
                    "field": "d",
                    "partitionByFields": ["flag"],
                    "range": {"step": 1, "unit": "month", "bounds": "partition"},
                }
            }
        ],
        [{"$densify": {"field": "day", "range": {"step": 2, "bounds": [0, 8]}}}],
    ],
    "$fill": [
        [{"$fill": {"sortBy": {"_id": -1}, "output": {"gap": {"method": "locf"}}}}],
        [{"$fill": {"output": {"gap": {"value": {"$add": ["$n", 1]}}}}}],
        [
            {
                "$fill": {
                    "partitionByFields": ["flag"],
                    "sortBy": {"_id": 1},
                    "output": {"gap": {"method": "locf"}},
                }
            }
        ],
        [{"$fill": {"partitionBy": {"f": "$flag"}, "output": {"gap": {"value": 0}}}}],
    ],
    "$geoNear": [
        [
            {
                "$geoNear": {
                    "near": _place(13.4, 52.5),
                    "distanceField": "far",
                    "key": "loc",
                    "query": {"flag": True},
                    "maxDistance": 100_000,
                    "distanceMultiplier": 0.001,
                    "includeLocs": "at",
                    "spherical": True,
                }
            }
        ],
        [{"$geoNear": {"near": [1, 2], "distanceField": "far", "key": "flat"}}],
    ],
}
