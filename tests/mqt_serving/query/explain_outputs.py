"""Outputs of `explain` (queryPlanner) as servers of different versions give them, shortened."""

from __future__ import annotations

from typing import Any

Output = dict[str, Any]

COLLECTION_SCAN = {"stage": "COLLSCAN", "filter": {"t": {"$gt": 3}}, "direction": "forward"}
INDEX_SCAN = {
    "stage": "IXSCAN",
    "keyPattern": {"cid": 1, "t": -1},
    "indexName": "cid_1_t_-1",
    "isMultiKey": False,
    "indexBounds": {"cid": ["[5, 5]"], "t": ["[inf.0, 3)"]},
}
FETCHED = {"stage": "FETCH", "inputStage": INDEX_SCAN}


def planned(plan: Output) -> Output:
    return {"queryPlanner": {"namespace": "x.o", "winningPlan": plan, "rejectedPlans": []}}


INDEXED: dict[str, Output] = {
    "3.6 find": planned(FETCHED),
    "3.6 pipeline": {
        "stages": [{"$cursor": {"query": {"cid": 5}, **planned(FETCHED)}}, {"$group": {"_id": 1}}]
    },
    "4.4 pipeline in one plan": planned({"stage": "PROJECTION_SIMPLE", "inputStage": FETCHED}),
    "5.0 classic pipeline": {"explainVersion": "1", "stages": [{"$cursor": planned(FETCHED)}]},
    "6.0 SBE": {
        "explainVersion": "2",
        **planned({"queryPlan": {"stage": "GROUP", "inputStage": FETCHED},
                   "slotBasedPlan": {"slots": "$$RESULT=s9", "stages": "[2] mkobj s9"}}),
    },
    "6.0 SBE with a join": {
        "explainVersion": "2",
        "stages": [{"$cursor": planned({
            "queryPlan": {"stage": "EQ_LOOKUP", "foreignCollection": "x.c", "localField": "a",
                          "foreignField": "b", "strategy": "NestedLoopJoin",
                          "inputStage": FETCHED},
            "slotBasedPlan": {}})}],
    },
    "7.0 find on shards": planned({
        "stage": "SHARD_MERGE",
        "shards": [{"shardName": "a", "winningPlan": {"stage": "SHARDING_FILTER",
                                                      "inputStage": FETCHED}},
                   {"shardName": "b", "winningPlan": FETCHED}],
    }),
    "7.0 SBE on one shard": planned({
        "stage": "SINGLE_SHARD",
        "shards": [{"shardName": "a", "winningPlan": {"queryPlan": FETCHED, "slotBasedPlan": {}}}],
    }),
    "8.0 pipeline on shards": {
        "splitPipeline": {"shardsPart": [], "mergerPart": []},
        "shards": {"a": {"host": "h", "stages": [{"$cursor": planned(FETCHED)}]},
                   "b": {"host": "h", **planned(FETCHED)}},
    },
    "8.0 index intersections": planned({"stage": "OR", "inputStages": [INDEX_SCAN, INDEX_SCAN]}),
}  # fmt: skip

POINTS: dict[str, Output] = {
    "4.4 by _id": planned({"stage": "IDHACK"}),
    "8.0 by _id": planned({"isCached": False, "stage": "EXPRESS_IXSCAN", "indexName": "_id_",
                           "indexBounds": {"_id": ["[5, 5]"]}}),
    "8.0 clustered": planned({"stage": "EXPRESS_CLUSTERED_IXSCAN"}),
}  # fmt: skip

WHOLE: dict[str, Output] = {
    "classic": planned({"stage": "SORT", "inputStage": COLLECTION_SCAN}),
    "SBE": planned({"queryPlan": COLLECTION_SCAN, "slotBasedPlan": {}}),
    "sub-plans": planned({"stage": "SUBPLAN", "inputStage": COLLECTION_SCAN}),
    "a sort behind": {"stages": [{"$cursor": planned(COLLECTION_SCAN)}, {"$sort": {"t": 1}}]},
}

NOTHING: dict[str, Output] = {
    "no such collection": planned({"stage": "EOF"}),
    "a count from metadata": planned({"stage": "COUNT", "inputStage": {
        "stage": "RECORD_STORE_FAST_COUNT"}}),
}  # fmt: skip

NOT_UNDERSTOOD: dict[str, Output] = {
    "empty": {},
    "no plan": {"queryPlanner": {"namespace": "x.o"}},
    "an error": {"ok": 0.0, "errmsg": "no"},
    "a new leaf": planned({"stage": "QUANTUM_SCAN"}),
    "a new leaf below": planned({"stage": "FETCH", "inputStage": {"stage": "QUANTUM_SCAN"}}),
    "a stage without a name": planned({"inputStage": COLLECTION_SCAN}),
    "not a document": planned({"stage": "FETCH", "inputStage": "COLLSCAN"}),
    "no shards": planned({"stage": "SHARD_MERGE", "shards": []}),
    "no cursor first": {"stages": [{"$queue": []}]},
}
