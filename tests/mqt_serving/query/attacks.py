# ruff: noqa: E501 (queries are read better on one line)
"""Attacks by class: query text and a part of the message that must refuse it.

They run against `ATTACKED` below: customers have private fields, staff is limited to some fields,
orders to a tenant whose field is hidden, wages may not be read at all. What names nothing hidden
and only tries to carry it along is not refused but gets nothing: see `SMUGGLED`.
"""

from __future__ import annotations

from itertools import product

from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import FieldTest

Case = tuple[str, str]

ATTACKED = Policy(
    collections=(
        ("customers", CollectionPolicy(denied=frozenset({"ssn", "contact.phone", "cards.number"}))),
        ("staff", CollectionPolicy(allowed=frozenset({"_id", "name", "team", "home.city"}))),
        (
            "orders",
            CollectionPolicy(
                denied=frozenset({"tenant"}), mandatory=FieldTest("tenant", "$eq", "acme")
            ),
        ),
        ("places", CollectionPolicy(denied=frozenset({"spot", "note"}))),
    ),
    others=None,
)

# ------------------------------------------------------------------- JavaScript

JAVASCRIPT: list[Case] = [
    ("db.orders.find({$where: 'sleep(1000) || true'})", "JavaScript"),
    ("db.orders.find({$where: function() { return true }})", "A function is JavaScript"),
    ('db.orders.find({$where: "this.tenant == 1"})', "JavaScript"),
    ("db.orders.find({$and: [{total: 1}, {$where: 'true'}]})", "JavaScript"),
    ("db.orders.find({items: {$elemMatch: {$where: 'true'}}})", "$where"),
    ("db.orders.find({total: {$where: 'true'}})", "$where"),
    ("db.orders.find({total: {$not: {$where: 'true'}}})", "$where"),
    ("db.orders.aggregate([{$match: {$where: 'true'}}])", "JavaScript"),
    ("db.orders.find({$expr: {$function: {body: 'x', args: [], lang: 'js'}}})", "JavaScript"),
    (
        "db.orders.aggregate([{$project: {a: {$function: {body: function() { return 1 }, "
        "args: [], lang: 'js'}}}}])",
        "A function is JavaScript",
    ),
    (
        "db.orders.aggregate([{$group: {_id: 1, a: {$accumulator: {init: 'function(){}', "
        "accumulate: 'x', accumulateArgs: [], merge: 'x', lang: 'js'}}}}])",
        "JavaScript",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', pipeline: [{$match: "
        "{$where: '1'}}], as: 'x'}}])",
        "JavaScript",
    ),
    ("db.orders.aggregate([{$facet: {a: [{$match: {$where: '1'}}]}}])", "JavaScript"),
    (
        "db.orders.aggregate([{$unionWith: {coll: 'customers', pipeline: [{$match: "
        "{$where: '1'}}]}}])",
        "JavaScript",
    ),
    ("db.orders.mapReduce(function() {}, function() {}, {out: {inline: 1}})", "JavaScript"),
    ("db.eval('db.orders.drop()')", "JavaScript"),
    ("db.orders.find().forEach(function(d) { db.orders.deleteOne(d) })", "forEach"),
    ("db.orders.find().map(d => d.tenant)", "JavaScript"),
    ("db.orders.group({key: {a: 1}, reduce: function() {}, initial: {}})", "JavaScript"),
    ("db.orders.find((() => ({}))())", "(line 1"),
    ("db.orders.find(eval('{}'))", "eval"),
    ("db.orders.find({total: {$gt: Math.random()}})", "Math"),
    ("db.orders.find({total: process.env.SECRET})", "process"),
    ("db.orders.find({[String('a')]: 1})", "(line 1"),
    ("db.orders.find({...{tenant: 1}})", "(line 1"),
    ("db.orders.find({a: `${db.dropDatabase()}`})", "(line 1"),
    ("(function() { return db.orders })().find()", "(line 1"),
    ("db.orders.find(); db.orders.drop()", "(line 1"),
    ("while (true) {}", "(line 1"),
    ("load('/tmp/x.js')", "load"),
    ("require('child_process').exec('id')", "require"),
    ("this.constructor.constructor('return process')()", "(line 1"),
    ('{"mapReduce": "orders", "map": "x", "reduce": "y", "out": {"inline": 1}}', "JavaScript"),
    ('{"$eval": "1"}', "JavaScript"),
    ('{"find": "orders", "filter": {"$where": {"$code": "true"}}}', "JavaScript"),
    ("db.orders.find({a: Code('x')})", "Code"),
]

# ---------------------------------------------------------- writes, administration

WRITES: list[Case] = [
    *[
        (f"db.orders.{method}({{}}, {{$set: {{a: 1}}}})", f"{method} is not allowed: it writes")
        for method in (
            "insertOne", "insertMany", "insert", "updateOne", "updateMany", "update", "replaceOne",
            "deleteOne", "deleteMany", "remove", "save", "bulkWrite", "findOneAndUpdate",
            "findOneAndDelete", "findOneAndReplace", "findAndModify",
        )
    ],
    ("db.orders.aggregate([{$out: 'stolen'}])", "$out"),
    ("db.orders.aggregate([{$match: {}}, {$merge: {into: 'customers'}}])", "it writes"),
    ("db.orders.aggregate([{$merge: 'orders'}])", "$merge"),
    ("db.orders.aggregate([{$facet: {a: [{$out: 'x'}]}}])", "$out"),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', pipeline: [{$merge: 'x'}], as: 'y'}}])",
        "$merge",
    ),
    ("db.orders.aggregate([{$unionWith: {coll: 'customers', pipeline: [{$out: 'x'}]}}])", "$out"),
    ("db['orders'].drop()", "drop is not allowed"),
    ("db.getCollection('orders').drop()", "drop is not allowed"),
    ("db.dropDatabase()", "dropDatabase"),
    ("db.createUser({user: 'x', pwd: 'y', roles: ['root']})", "createUser"),
    ("db.orders.createIndex({a: 1})", "createIndex"),
    ("db.orders.renameCollection('x')", "renameCollection"),
    ("db.runCommand({drop: 'orders'})", "runCommand"),
    ("db.adminCommand({shutdown: 1})", "adminCommand"),
    ("db.orders.find().explain()", "explain"),
    ("db.orders.watch()", "watch"),
    ("db.getSiblingDB('admin').system.users.find()", "getSiblingDB"),
    ("db.getMongo().getDB('admin').users.find()", "getMongo"),
    ("db.currentOp()", "currentOp"),
    ("db.killOp(1)", "killOp"),
    ("db.fsyncLock()", "fsyncLock"),
    ("use admin", "use"),
    ('{"insert": "orders", "documents": [{}]}', "it writes"),
    ('{"update": "orders", "updates": []}', "it writes"),
    ('{"delete": "orders", "deletes": []}', "it writes"),
    ('{"findAndModify": "orders", "remove": true}', "it writes"),
    ('{"drop": "orders"}', "drop"),
    ('{"dropDatabase": 1}', "dropDatabase"),
    ('{"shutdown": 1}', "shutdown"),
    ('{"getMore": 5, "collection": "orders"}', "getMore"),
    ('{"explain": {"find": "orders"}}', "explain"),
    ('{"aggregate": "orders", "pipeline": [{"$out": "x"}], "cursor": {}}', "$out"),
    ('{"aggregate": 1, "pipeline": [{"$currentOp": {}}], "cursor": {}}', "(line 1"),
    ("db.orders.aggregate([{$currentOp: {}}])", "$currentOp"),
    ("db.orders.aggregate([{$collStats: {storageStats: {}}}])", "$collStats"),
    ("db.orders.aggregate([{$indexStats: {}}])", "$indexStats"),
    ("db.orders.aggregate([{$planCacheStats: {}}])", "$planCacheStats"),
    ("db.orders.aggregate([{$listSessions: {}}])", "$listSessions"),
    ("db.orders.aggregate([{$changeStream: {}}])", "$changeStream"),
]  # fmt: skip

# ---------------------------------------------------------------- hidden fields

_PLACES = {
    "the start": "db.customers.aggregate([{0}])",
    "$unionWith": "db.orders.aggregate([{{$unionWith: {{coll: 'customers', pipeline: [{0}]}}}}])",
    "behind $unionWith": "db.orders.aggregate([{{$unionWith: 'customers'}}, {0}])",
    "$lookup": "db.orders.aggregate([{{$lookup: {{from: 'customers', pipeline: [{0}], as: 'c'}}}}])",
    "$lookup on fields": "db.orders.aggregate([{{$lookup: {{from: 'customers', localField: 'a', "
    "foreignField: '_id', pipeline: [{0}], as: 'c'}}}}])",
    "$lookup with let": "db.orders.aggregate([{{$lookup: {{from: 'customers', let: {{t: '$total'}}, "
    "pipeline: [{0}], as: 'c'}}}}])",
    "$lookup in $lookup": "db.orders.aggregate([{{$lookup: {{from: 'orders', pipeline: [{{$lookup: "
    "{{from: 'customers', pipeline: [{0}], as: 'c'}}}}], as: 'o'}}}}])",
    "$facet": "db.customers.aggregate([{{$facet: {{a: [{0}]}}}}])",
    "$unionWith in $facet": "db.orders.aggregate([{{$facet: {{a: [{{$unionWith: {{coll: "
    "'customers', pipeline: [{0}]}}}}]}}}}])",
    "behind $graphLookup": "db.customers.aggregate([{{$graphLookup: {{from: 'customers', "
    "startWith: '$boss', connectFromField: 'boss', connectToField: '_id', as: 'up'}}}}, {0}])",
}  # fmt: skip
_FORMS: list[Case] = [
    ("{$match: {ssn: 'x'}}", "ssn of"),
    ("{$match: {$expr: {$eq: ['$ssn', 'x']}}}", "ssn of"),
    ("{$project: {a: '$$ROOT.ssn'}}", "ssn of"),
    ("{$addFields: {a: '$$CURRENT.contact.phone'}}", "contact.phone of"),
    ("{$group: {_id: {$getField: 'ssn'}}}", "ssn of"),
    ("{$sort: {'contact.phone': 1}}", "contact.phone of"),
    ("{$match: {cards: {$elemMatch: {number: /^4/}}}}", "cards.number of"),
    ("{$unwind: '$cards.number'}", "cards.number of"),
]
FIELDS: list[Case] = [
    *(
        (place.format(form), words)
        for place, (form, words) in product(_PLACES.values(), _FORMS)
    ),
    # by a filter, a projection, a sort
    ("db.customers.find({ssn: {$regex: '^1'}})", "ssn of customers is private"),
    ("db.customers.find({ssn: {$exists: true}})", "ssn of customers is private"),
    ("db.customers.find({ssn: {$type: 'string'}})", "ssn of customers is private"),
    ("db.customers.find({$nor: [{ssn: 'x'}]})", "ssn of customers is private"),
    ("db.customers.find({'cards.0.number': '4'})", "cards.number of customers is private"),
    ("db.customers.find({'cards.0.0.number': '4'})", "cards.number of customers is private"),
    ("db.customers.find({'contact.phone.x': 1})", "contact.phone.x of customers is private"),
    ("db.customers.find({}, {ssn: 1})", "ssn of customers is private"),
    ("db.customers.find({}, {x: '$ssn'})", "ssn of customers is private"),
    ("db.customers.find({}, {contact: {phone: 1}})", "contact.phone of customers is private"),
    ("db.customers.find({'cards.brand': 'V'}, {'cards.$': 1})", "private fields of the element"),
    ("db.customers.find().sort({ssn: -1})", "ssn of customers is private"),
    ("db.customers.distinct('ssn')", "ssn of customers is private"),
    ("db.customers.distinct('contact')", "contact of customers holds the private field"),
    ("db.customers.distinct('cards')", "cards of customers holds the private field"),
    ("db.customers.countDocuments({ssn: 'x'})", "ssn of customers is private"),
    ("db.customers.countDocuments({contact: {phone: 'x'}})", "contact of customers holds"),
    ("db.customers.countDocuments({$expr: {$gt: ['$$ROOT', {}]}})", "The whole document of"),
    # by expressions that read fields by name
    (
        "db.customers.aggregate([{$project: {a: {$let: {vars: {v: '$ssn'}, in: '$$v'}}}}])",
        "ssn of customers is private",
    ),
    (
        "db.customers.aggregate([{$project: {a: {$cond: [{$gt: ['$ssn', '5']}, 1, 0]}}}])",
        "ssn of customers is private",
    ),
    (
        "db.customers.aggregate([{$project: {a: {$switch: {branches: [{case: {$eq: ['$ssn', 1]}, "
        "then: 1}], default: 0}}}}])",
        "ssn of customers is private",
    ),
    ("db.customers.aggregate([{$bucket: {groupBy: '$ssn', boundaries: [0, 5]}}])", "ssn of"),
    ("db.customers.aggregate([{$bucketAuto: {groupBy: '$ssn', buckets: 5}}])", "ssn of"),
    ("db.customers.aggregate([{$sortByCount: '$ssn'}])", "ssn of customers is private"),
    ("db.customers.aggregate([{$densify: {field: 'ssn', range: {step: 1, bounds: 'full'}}}])",
     "ssn of"),
    ("db.customers.aggregate([{$fill: {sortBy: {ssn: 1}, output: {a: {method: 'locf'}}}}])",
     "ssn of"),
    ("db.customers.aggregate([{$fill: {sortBy: {_id: 1}, output: {ssn: {method: 'locf'}}}}])",
     "ssn of"),
    ("db.customers.aggregate([{$fill: {partitionByFields: ['ssn'], output: {a: {value: 1}}}}])",
     "ssn of"),
    (
        "db.customers.aggregate([{$setWindowFields: {sortBy: {ssn: 1}, output: {r: {$rank: {}}}}}])",
        "ssn of customers is private",
    ),
    (
        "db.customers.aggregate([{$setWindowFields: {partitionBy: '$ssn', sortBy: {_id: 1}, "
        "output: {r: {$rank: {}}}}}])",
        "ssn of customers is private",
    ),
    (
        "db.customers.aggregate([{$setWindowFields: {sortBy: {_id: 1}, output: {r: {$first: "
        "'$ssn'}}}}])",
        "ssn of customers is private",
    ),
    # by joins
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: 'ssn', "
        "as: 'c'}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: "
        "'contact', as: 'c'}}])",
        "contact of customers holds",
    ),
    (
        "db.customers.aggregate([{$lookup: {from: 'orders', localField: 'ssn', foreignField: 'a', "
        "as: 'c'}}])",
        "ssn of customers is private",
    ),
    (
        "db.customers.aggregate([{$lookup: {from: 'orders', let: {s: '$ssn'}, pipeline: [], "
        "as: 'c'}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: '_id', "
        "as: 'c'}}, {$match: {'c.ssn': 'x'}}])",
        "c.ssn of orders is private",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: '_id', "
        "as: 'c'}}, {$unwind: '$c'}, {$project: {x: '$c.contact.phone'}}])",
        "c.contact.phone of orders is private",
    ),
    (
        "db.customers.aggregate([{$graphLookup: {from: 'customers', startWith: '$ssn', "
        "connectFromField: 'boss', connectToField: '_id', as: 'g'}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$graphLookup: {from: 'customers', startWith: '$a', "
        "connectFromField: 'ssn', connectToField: '_id', as: 'g'}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$graphLookup: {from: 'customers', startWith: '$a', "
        "connectFromField: 'boss', connectToField: 'ssn', as: 'g'}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$graphLookup: {from: 'customers', startWith: '$a', "
        "connectFromField: 'boss', connectToField: '_id', as: 'g', restrictSearchWithMatch: "
        "{ssn: 'x'}}}])",
        "ssn of customers is private",
    ),
    (
        "db.orders.aggregate([{$graphLookup: {from: 'customers', startWith: '$a', "
        "connectFromField: 'boss', connectToField: '_id', as: 'g'}}, {$sort: {'g.ssn': 1}}])",
        "g.ssn of orders is private",
    ),
    # by place and text
    (
        "db.places.aggregate([{$geoNear: {near: [0, 0], distanceField: 'd', key: 'spot'}}])",
        "spot of places is private",
    ),
    ("db.places.aggregate([{$geoNear: {near: [0, 0], distanceField: 'd'}}])", "name the field"),
    (
        "db.places.aggregate([{$geoNear: {near: [0, 0], distanceField: 'd', key: 'where', "
        "query: {note: 'x'}}}])",
        "note of places is private",
    ),
    (
        "db.places.aggregate([{$match: {a: 1}}, {$geoNear: {near: [0, 0], distanceField: 'd', "
        "key: 'where'}}])",
        "must be the first stage",
    ),
    ("db.places.find({spot: {$near: [0, 0]}})", "spot of places is private"),
    ("db.places.find({spot: {$geoWithin: {$box: [[0, 0], [1, 1]]}}})", "spot of places is private"),
    ("db.places.find({$text: {$search: 'x'}})", "its text index may hold"),
    ("db.places.countDocuments({$text: {$search: 'x'}})", "its text index may hold"),
    ("db.places.aggregate([{$match: {$text: {$search: 'x'}}}])", "its text index may hold"),
    (
        "db.orders.aggregate([{$unionWith: {coll: 'places', pipeline: [{$match: {$text: "
        "{$search: 'x'}}}]}}])",
        "its text index may hold",
    ),
    # beyond a list of allowed fields
    ("db.staff.find({salary: {$gt: 5}})", "You may read _id, home.city, name, team"),
    ("db.staff.find({}, {salary: 1})", "salary of staff is private"),
    ("db.staff.find().sort({unknown_to_everybody: 1})", "unknown_to_everybody of staff is private"),
    ("db.staff.find({'home.street': 'x'})", "home.street of staff is private"),
    ("db.staff.distinct('home')", "home of staff holds"),
    ("db.staff.aggregate([{$group: {_id: '$salary'}}])", "salary of staff is private"),
    (
        "db.orders.aggregate([{$lookup: {from: 'staff', localField: 'a', foreignField: 'salary', "
        "as: 's'}}])",
        "salary of staff is private",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'staff', localField: 'a', foreignField: '_id', "
        "as: 's'}}, {$sort: {'s.salary': 1}}])",
        "s.salary of orders is private",
    ),
    ("db.orders.aggregate([{$unionWith: {coll: 'staff', pipeline: [{$project: {salary: 1}}]}}])",
     "salary of staff is private"),
    (
        "db.staff.aggregate([{$graphLookup: {from: 'staff', startWith: '$name', connectFromField: "
        "'salary', connectToField: 'name', as: 'g'}}])",
        "salary of staff is private",
    ),
]  # fmt: skip

# ------------------------------------------------------- collections and tenants

COLLECTIONS: list[Case] = [
    ("db.wages.find()", "The collection wages may not be read"),
    ("db.wages.countDocuments()", "The collection wages may not be read"),
    ("db.wages.distinct('a')", "The collection wages may not be read"),
    ("db['wages'].find()", "The collection wages may not be read"),
    ("db.getCollection('wages').find()", "The collection wages may not be read"),
    ("db.nothing_at_all.find()", "The collection nothing_at_all may not be read"),
    ("db.orders.aggregate([{$unionWith: 'wages'}])", "wages may not be read"),
    ("db.orders.aggregate([{$unionWith: {coll: 'wages', pipeline: []}}])", "wages may not be read"),
    (
        "db.orders.aggregate([{$lookup: {from: 'wages', pipeline: [], as: 'w'}}])",
        "wages may not be read",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: 'wages', localField: 'a', foreignField: 'b', "
        "as: 'w'}}])",
        "wages may not be read",
    ),
    (
        "db.orders.aggregate([{$graphLookup: {from: 'wages', startWith: '$a', connectFromField: "
        "'a', connectToField: 'b', as: 'w'}}])",
        "wages may not be read",
    ),
    ("db.orders.aggregate([{$facet: {a: [{$unionWith: 'wages'}]}}])", "wages may not be read"),
    (
        "db.orders.aggregate([{$lookup: {from: 'orders', pipeline: [{$unionWith: 'wages'}], "
        "as: 'w'}}])",
        "wages may not be read",
    ),
    ('{"find": "wages"}', "wages may not be read"),
    ("db.system.users.find()", "not a collection of the user's data"),
    ("db.getCollection('system.profile').find()", "not a collection of the user's data"),
    ("db.orders.aggregate([{$unionWith: 'system.views'}])", "not a collection of the user's data"),
    ("db.getCollection('orders$x').find()", "not a collection of the user's data"),
    ("db.orders.find({tenant: 'other'})", "tenant of orders is private"),
    ("db.orders.find({$or: [{tenant: 'other'}, {tenant: 'acme'}]})", "tenant of orders is private"),
    ("db.orders.find({tenant: {$ne: 'acme'}})", "tenant of orders is private"),
    ("db.orders.aggregate([{$match: {tenant: 'other'}}])", "tenant of orders is private"),
    ("db.orders.aggregate([{$addFields: {t: '$tenant'}}])", "tenant of orders is private"),
    ("db.orders.distinct('tenant')", "tenant of orders is private"),
    ("db.customers.aggregate([{$unionWith: {coll: 'orders', pipeline: [{$match: {tenant: 'b'}}]}}])",
     "tenant of orders is private"),
    (
        "db.customers.aggregate([{$lookup: {from: 'orders', localField: 'a', foreignField: "
        "'tenant', as: 'o'}}])",
        "tenant of orders is private",
    ),
    (
        "db.orders.aggregate([{$lookup: {from: {db: 'other', coll: 'orders'}, pipeline: [], "
        "as: 'x'}}])",
        "names a collection of this database",
    ),
]  # fmt: skip

# --------------------------------------------------------------------- injection

INJECTION: list[Case] = [
    ("db.orders.find({'$where': 'true'})", "JavaScript"),
    ("db.orders.find({'\\u0024where': 'true'})", "JavaScript"),
    ("db.orders.find({'\\x24where': 'true'})", "JavaScript"),
    ('{"find": "orders", "filter": {"\\u0024where": "true"}}', "JavaScript"),
    ("db.orders.find({name: {first: {$gt: ''}}})", "stands inside a literal value"),
    ("db.orders.find({name: {$gt: '', first: 1}})", "stands beside operators"),
    ("db.orders.find({name: {$eq: {$gt: ''}}})", "stands inside a literal value"),
    ("db.orders.find({name: {$in: [{$gt: ''}]}})", "stands inside a literal value"),
    ("db.orders.find({name: {$all: ['a', {$ne: 1}]}})", "stands inside a literal value"),
    ("db.orders.find({'a.$where': 'x'})", "has the operator $where in it"),
    ("db.orders.find({'a.$gt': 1})", "has the operator $gt in it"),
    ("db.orders.find({'items.$[].price': 1})", "has the operator $[] in it"),
    ("db.orders.find({'a..b': 1})", "has an empty part"),
    ("db.orders.find({'.a': 1})", "has an empty part"),
    ("db.orders.find({'a.': 1})", "has an empty part"),
    ("db.orders.aggregate([{$project: {'a.$x': 1}}])", "has the operator $x in it"),
    ("db.orders.aggregate([{$project: {$a: 1}}])", "unknown operator $a"),
    ("db.orders.aggregate([{$addFields: {'$tenant': 1}}])", "dollar"),
    ("db.orders.aggregate([{$group: {_id: 1, 'a.b': {$sum: 1}}}])", "cannot have dots"),
    ("db.orders.aggregate([{$sort: {'$total': 1}}])", "dollar"),
    ("db.orders.aggregate([{$unset: '$total'}])", "dollar"),
    ("db.orders.aggregate([{$project: {a: '$$USER_ROLES'}}])", "$$USER_ROLES is not a variable"),
    ("db.orders.aggregate([{$project: {a: '$$SEARCH_META'}}])", "$$SEARCH_META is not a variable"),
    ("db.orders.aggregate([{$project: {a: '$$CLUSTER_TIME'}}])", "is not a variable"),
    ("db.orders.aggregate([{$project: {a: '$$$x'}}])", "is not a field path"),
    ("db.orders.aggregate([{$project: {a: '$'}}])", "is not a field path"),
    ("db.orders.find({a: 1, $jsonSchema: {}})", "$jsonSchema"),
    ("db.orders.find({$and: {tenant: 1}})", "list"),
    ("db.orders.find({a: {$lookup: {}}})", "$lookup"),
    ("db.orders.find({a: 1}, {}, {sort: {tenant: 1}})", "tenant of orders is private"),
    ("db.customers.find({}, {ssn: 0, x: '$ssn'})", "ssn of customers is private"),
    (
        '{"find": "customers", "filter": {}, "projection": {"ssn": 1}}',
        "ssn of customers is private",
    ),
    ('{"find": "orders", "$db": "admin", "filter": {"$where": "1"}}', "JavaScript"),
    ('{"count": "customers", "query": {"ssn": "x"}}', "ssn of customers is private"),
    ('{"distinct": "customers", "key": "ssn"}', "ssn of customers is private"),
]

# ------------------------------------------------------------- regular expressions

_ENDLESS = "could run without end"
_EVIL = [
    "(a+)+$", "(a*)*", "(a|a)*$", "(a|aa)+$", "(.*a){20}", "([a-zA-Z]+)*$", "(.*)(.*)(.*)x",
    ".*a.*a.*a.*a.*a", "(x+x+)+y", "(\\w+\\s?)*$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){30}a{30}",
    "a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaa", "(\\d+)*$", "\\d+\\d+\\d+x", "(a{1,100}){1,100}",
    "a{1,99}a{1,99}a{1,99}b", "(?=(a+)+)b", "(?>(a+)+)b", "(a++)+", "(a)\\1", "(?R)", "(?1)",
    "(?P>x)", "(?(1)a|b)", "(*COMMIT)a", "(?C)a", "(?x)(a +)+", "(a|b|ab)*c", "(.*,)*x",
    "^(a|[ab])*c", "(\\s|\\n)*x", "((a+)b?)+c", "[a", "(a", "a)", "*a", "a**",
]  # fmt: skip
REGEX: list[Case] = [
    *((f'{{"find": "orders", "filter": {{"a": {{"$regex": "{p}"}}}}}}'.replace("\\", "\\\\"),
       _ENDLESS) for p in _EVIL),
    ("db.orders.find({a: /(a +)+/x})", _ENDLESS),
    ("db.orders.find({a: {$regex: '(a +)+', $options: 'x'}})", _ENDLESS),
    ("db.orders.find({a: {$in: [/(a+)+$/]}})", _ENDLESS),
    ("db.orders.find({a: {$not: /(a+)+$/}})", _ENDLESS),
    ("db.orders.find({a: {$all: [/(a+)+$/]}})", _ENDLESS),
    ("db.orders.find({$expr: {$regexMatch: {input: '$a', regex: '(a+)+$'}}})", _ENDLESS),
    (
        "db.orders.find({$expr: {$regexMatch: {input: '$a', regex: '(a +)+', options: 'x'}}})",
        _ENDLESS,
    ),
    ("db.orders.find({$expr: {$regexFind: {input: '$a', regex: '$b'}}})", "computed from data"),
    (
        "db.orders.find({$expr: {$regexMatch: {input: '$a', regex: {$concat: ['(a+', ')+']}}}})",
        "computed from data",
    ),
    (
        "db.orders.find({$expr: {$regexFindAll: {input: '$a', regex: 'a', options: '$o'}}})",
        "computed from data",
    ),
    (f"db.orders.find({{a: /{'x' * 201}/}})", "at most 200 are allowed"),
    ("db.orders.aggregate([{$facet: {a: [{$match: {b: /(a+)+$/}}]}}])", _ENDLESS),
]  # fmt: skip

# ------------------------------------------------------------------ size and bombs


def _nested(start: str, middle: str, end: str, depth: int) -> str:
    return start * depth + middle + end * depth


_DOUBLED = ", ".join(["{$addFields: {a: {$concat: ['$a', '$a']}}}"] * 20)

BOMBS: list[Case] = [
    (f"db.orders.find({_nested('{$or: [', '{a: 1}', ']}', 25)})", "nested deeper than 20"),
    (f"db.orders.find({_nested('{$and: [{b: 1}, ', '{a: 1}', ']}', 25)})", "nested deeper than 20"),
    (f"db.orders.find({_nested('{$nor: [', '{a: 1}', ']}', 25)})", "nested deeper than 20"),
    (f"db.orders.find({{a: {_nested('{b: ', '1', '}', 25)}}})", "nested deeper than 20"),
    (f"db.orders.find({{a: {_nested('{$elemMatch: {b: ', '1', '}}', 25)}}})", "nested deeper"),
    (f"db.orders.find({{$expr: {_nested('{$not: ', 'true', '}', 25)}}})", "nested deeper than 20"),
    (
        f"db.orders.aggregate([{{$project: {{a: {_nested('{$abs: ', '1', '}', 25)}}}}}])",
        "nested deeper than 20",
    ),
    (
        "db.orders.aggregate(["
        + _nested("{$lookup: {from: 'orders', as: 'x', pipeline: [", "{$limit: 1}", "]}}", 25)
        + "])",
        "nested deeper than 20",
    ),
    (
        "db.orders.aggregate(["
        + _nested("{$unionWith: {coll: 'orders', pipeline: [", "{$limit: 1}", "]}}", 25)
        + "])",
        "nested deeper than 20",
    ),
    (f"db.orders.find({{a: {_nested('[', '1', ']', 300)}}})", "nested"),
    (f"db.orders.find({_nested('{$or: [', '{a: 1}', ']}', 3000)})", "nested"),
    (f"db.orders.aggregate([{{$project: {{a: {_nested('[', '1', ']', 25)}}}}}])", "nested deeper"),
    (f'{{"find": "orders", "filter": {_nested(chr(123) + chr(34) + "a" + chr(34) + ": ", "1", "}", 500)}}}', "nested"),
    (f"db.orders.aggregate([{', '.join(['{$limit: 1}'] * 51)}])", "more than 50 stages"),
    (
        "db.orders.aggregate([{$facet: {"
        + ", ".join(f"a{n}: [{', '.join(['{$limit: 1}'] * 20)}]" for n in range(3))
        + "}}])",
        "more than 50 stages",
    ),
    (f"db.orders.find({{a: {{$in: [{', '.join(map(str, range(1001)))}]}}}})", "1,001 items"),
    (f"db.orders.find({{a: '{'x' * 10_001}'}})", "10,001 characters"),
    (
        "db.orders.find({$or: ["
        + ", ".join(f"{{a: {{$in: [{', '.join(['1'] * 900)}]}}}}" for _ in range(6))
        + "]})",
        "more than 5,000 parts",
    ),
    (f"db.orders.find({{a: {10**30}}})", "does not fit a 64-bit integer"),
    (f"db.orders.aggregate([{_DOUBLED}])", "times as large"),
    (
        "db.orders.aggregate([{$project: {a: {$range: [0, 2000000000]}}}])",
        "times as large",
    ),
    (
        "db.orders.find({$expr: {$gt: [{$size: {$range: [0, 100000000]}}, 5]}})",
        "times as large",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$map: {input: {$range: [0, 1000]}, in: {$range: "
        "[0, 1000]}}}}}])",
        "times as large",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$reduce: {input: '$items', initialValue: 'x', in: "
        "{$concat: ['$$value', '$$value']}}}}}])",
        "$$value more than once",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$reduce: {input: '$items', initialValue: [1], in: "
        "{$concatArrays: ['$$value', '$$value', ['$$this']]}}}}}])",
        "$$value more than once",
    ),
    (
        "db.orders.aggregate([" + ", ".join(["{$replaceRoot: {newRoot: {a: '$$ROOT', b: '$$ROOT'}}}"] * 20) + "])",
        "times as large",
    ),
    (
        "db.orders.aggregate([" + ", ".join(["{$group: {_id: null, a: {$push: {x: '$a', y: '$a'}}}}"] * 20) + "])",
        "times as large",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$replaceAll: {input: {$replaceAll: {input: '$a', "
        f"find: 'a', replacement: '{'b' * 200}'}}}}, find: 'b', replacement: '{'c' * 200}'}}}}}}}}])",
        "times as large",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$map: {input: '$i', in: {$map: {input: '$i', in: "
        "{$map: {input: '$i', in: {$map: {input: '$i', in: 1}}}}}}}}}}])",
        "more than 3 deep",
    ),
    (
        "db.orders.aggregate([{$project: {a: {$let: {vars: {a: {$concat: ['$x', '$x', '$x', '$x', "
        "'$x', '$x', '$x', '$x', '$x', '$x']}}, in: {$let: {vars: {b: {$concat: ['$$a', '$$a', "
        "'$$a', '$$a', '$$a', '$$a', '$$a', '$$a', '$$a', '$$a', '$$a']}}, in: {$let: {vars: {c: "
        "{$concat: ['$$b', '$$b', '$$b', '$$b', '$$b', '$$b', '$$b', '$$b', '$$b', '$$b']}}, in: "
        "{$concat: ['$$c', '$$c', '$$c', '$$c', '$$c', '$$c', '$$c', '$$c', '$$c', '$$c']}}}}}}}}}])",
        "times as large",
    ),
]  # fmt: skip

# -------------------------------------------------------------------- odd letters

UNICODE: list[Case] = [
    ("db.customers.find({'s\\u200bsn': 'x'})", "invisible character U+200B"),
    ("db.customers.find({'ssn\\u200d': 'x'})", "invisible character U+200D"),
    ("db.customers.find({'\\ufeffssn': 'x'})", "invisible character U+FEFF"),
    ("db.customers.find({'na\\u202eme': 'x'})", "invisible character U+202E"),
    ("db.customers.find({'na\\u2066me': 'x'})", "invisible character U+2066"),
    ("db.customers.find({'na\\u00adme': 'x'})", "invisible character U+00AD"),
    ("db.customers.find({'na\\u2028me': 'x'})", "invisible character U+2028"),
    ("db.customers.find({'name\\u00a0': 'x'})", "invisible character U+00A0"),
    ("db.customers.find({'name\\u3000': 'x'})", "invisible character U+3000"),
    ("db.customers.find({'na\\u0007me': 'x'})", "invisible character U+0007"),
    ("db.customers.find({'na\\tme': 'x'})", "invisible character U+0009"),
    ("db.customers.find({'\\ue000': 'x'})", "invisible character U+E000"),
    ("db.customers.find({'ｓｓｎ': 'x'})", "looks like 's'"),
    ("db.customers.find({'𝐬𝐬𝐧': 'x'})", "looks like 's'"),
    ("db.customers.find({'ﬁrst': 'x'})", "looks like 'fi'"),
    ("db.customers.find({'ſsn': 'x'})", "looks like 's'"),
    ("db.customers.find({'nаme': 'x'})", "mixes Cyrillic and Latin letters"),
    ("db.customers.find({'nοte': 'x'})", "mixes Greek and Latin letters"),
    ("db.customers.aggregate([{$project: {'n\\u200bame': 1}}])", "invisible character U+200B"),
    ("db.customers.aggregate([{$addFields: {'tоtal': 1}}])", "mixes Cyrillic and Latin letters"),
    ("db.customers.aggregate([{$sort: {'\\u2060a': 1}}])", "invisible character U+2060"),
    ("db.customers.aggregate([{$group: {_id: '$na\\u200bme'}}])", "invisible character U+200B"),
    ("db.customers.aggregate([{$project: {a: '$$ROOT.\\u200bssn'}}])", "invisible"),
    ("db.getCollection('cust\\u200bomers').find()", "cust\\u200bomers"),
    ("db.getCollection('сustomers').find()", "mixes Cyrillic and Latin letters"),
    ("db.customers.find({'a\\u0000b': 1})", "\\x00"),
    ("db.customers.find({name: 'a\\u0000b'})", "zero character"),
    ("db.customers.find({a: /a\\x00b/, 'ssn\\u0000': 1})", "\\x00"),
    ("db.customers.find({'\\ud800': 1})", "half of a surrogate pair"),
    (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: "
        "'ss\\u200bn', as: 'c'}}])",
        "invisible character U+200B",
    ),
]

# ---------------------------------------------------------------------- drivers

DRIVERS: list[Case] = [
    ('db["orders"].insert_one({"a": None})', "insert_one is not allowed: it writes"),
    ('db.orders.update_many({}, {"$set": {"a": True}})', "update_many is not allowed"),
    ('db.orders.find_one_and_delete({"a": None})', "find_one_and_delete"),
    ('db.orders.bulk_write([InsertOne({"a": None})])', "bulk_write"),
    ('db.orders.rename("x", dropTarget=True)', "rename"),
    ('db.orders.inline_map_reduce("m", "r", full_response=True)', "JavaScript"),
    ("db.orders.with_options(read_preference=None).find({})", "with_options"),
    ('db.command({"eval": "1", "a": None})', "command"),
    ('db.client.admin.command("shutdown", force=True)', "command"),
    ('db.orders.find({"$where": Code("true"), "a": None})', "Code"),
    ('db.orders.find({"a": __import__("os").system("id"), "b": None})', "(line 1"),
    ('db.orders.find({"a": open("/etc/passwd").read(), "b": None})', "(line 1"),
    ('db.orders.find({"a": (lambda: 1)(), "b": None})', "(line 1"),
    ("[db.orders.drop() for _ in [None]]", "comprehension"),
    ('exec("import os"); db.orders.find({"a": None})', "exec"),
    ('import os; os.system("id")', "(line 1"),
    ('db.orders.find({"a": f"{db.orders.drop()}", "b": None})', "f-string"),
    ("def f(): pass", "function is Python code"),
    ('getattr(db, "orders").find({"a": None})', "getattr"),
    ('db.__class__.find({"a": None})', "__class__"),
    ('db["secrets"].find({"a": None})', "secrets"),
    ('db["customers"].find({"ssn": None})', "private"),
    ('await db.collection("orders").insertOne({a: 1})', "insertOne"),
    ('await db.collection("orders").findOneAndReplace({}, {a: 1})', "findOneAndReplace"),
    ('db.collection("orders").find({}).forEach(d => fetch(d))', "forEach"),
    ('db.collection("orders").find({}).stream()', "stream"),
    ("await db.admin().command({shutdown: 1})", "admin"),
    ('await db.collection("orders").find({a: new Function("return 1")()}).toArray()', "Function"),
    ('const f = () => 1; db.collection("orders").find({})', "(line 1"),
    ('await db.collection("customers").find({}, {sort: {ssn: 1}}).toArray()', "private"),
    ('{"find": "customers", "filter": {}, "sort": {"ssn": 1}}', "private"),
    ('{"find": "orders", "filter": {"a": {"$code": "1"}}}', "$code is JavaScript"),
    ('{"find": "orders", "$db": "admin", "let": {"a": 1}}', "let"),
    ('db.orders.find({}).collation({locale: "en", strength: 1})', "leave the collation out"),
    (
        'db.places.aggregate([{$lookup: {from: "orders", pipeline: [], as: "o"}}], '
        '{collation: {locale: "en"}})',
        "leave the collation out",
    ),
]

ATTACKS: dict[str, list[Case]] = {
    "JavaScript": JAVASCRIPT,
    "writes and administration": WRITES,
    "hidden fields": FIELDS,
    "collections and tenants": COLLECTIONS,
    "injection": INJECTION,
    "regular expressions": REGEX,
    "size and bombs": BOMBS,
    "odd letters": UNICODE,
    "drivers": DRIVERS,
}
