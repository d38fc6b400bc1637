"""SQL over tables that were folded into documents becomes plans over the documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.corpora import load_tend
from mqt_assets.training.notation_writing import write_plan
from mqt_assets.training.spider_syn import load_spider_syn
from mqt_assets.training.sql_golds import SqlGolds
from mqt_assets.training.sql_places import Link, Places, Tables, load_tables
from mqt_assets.training.sql_plans import plan_of_sql

ENROLMENTS = [
    {"enr_id": 10 * s + c, "student_id": s, "course_id": c, "Grade": 60 + s + c}
    for s in range(12) for c in range(4) if (s + c) % 3
]  # fmt: skip
STUDENTS = [
    {"id": n, "Name": f"student {n}", "age": 18 + n % 5, "City": ("Rome", "Oslo")[n % 2],
     "enrolment": [e for e in ENROLMENTS if e["student_id"] == n]}
    for n in range(12)
]  # fmt: skip
COURSES = [
    {"id": n, "Title": f"course {n}", "enrolment": [e for e in ENROLMENTS if e["course_id"] == n]}
    for n in range(4)
]
TABLES = Tables(
    {
        "student": ("id", "name", "age", "city"),
        "course": ("id", "title"),
        "enrolment": ("enrid", "studentid", "courseid", "grade"),
    },
    (
        Link("enrolment", "studentid", "student", "id"),
        Link("enrolment", "courseid", "course", "id"),
    ),
)
PLACES = Places(catalog_from_documents("school", {"Student": STUDENTS, "Course": COURSES}), TABLES)
JOIN = "student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id"
BOTH = f"{JOIN} JOIN course AS T3 ON T2.course_id = T3.id"


def translated(sql: str, places: Places = PLACES) -> str:
    plan = plan_of_sql(sql, places)
    return f"! {plan}" if isinstance(plan, str) else write_plan(plan)


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        ("SELECT name , AGE FROM student WHERE city != 'Rome' ORDER BY age DESC LIMIT 3",
         'Student.Name, Student.age where Student.City != "Rome" order Student.age desc limit 3'),
        ("SELECT DISTINCT city FROM student WHERE age BETWEEN 19 AND 21",
         "distinct Student.City where Student.age between 19 and 21"),
        ('SELECT * FROM course WHERE title LIKE "course%"',
         'Course.id, Course.Title where Course.Title starts "course"'),
        ("SELECT name FROM student WHERE name LIKE '%3' OR NOT city LIKE '%o%'",
         'Student.Name where Student.Name ends "3" or Student.City not contains "o"'),
        ("SELECT count(*) , avg(age) , max(age) FROM student",
         "count(Student), avg(Student.age), max(Student.age)"),
        ("SELECT count(DISTINCT city) FROM student", "count(distinct Student.City)"),
        ("SELECT city , count(*) FROM student GROUP BY city HAVING count(*) > 2",
         "Student.City, count(Student) group Student.City having count(Student) > 2"),
        ("SELECT name FROM student WHERE age > (SELECT avg(age) FROM student)",
         "Student.Name where Student.age > (avg(Student.age))"),
    ],
)  # fmt: skip
def test_one_table(sql: str, plan: str) -> None:
    assert translated(sql) == plan


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        (f"SELECT T1.name , T2.grade FROM {JOIN}", "Student.Name, Student.enrolment.Grade"),
        (f"SELECT count(*) FROM {JOIN} WHERE T1.city = 'Rome'",
         'count(Student.enrolment) where Student.City = "Rome"'),
        (f"SELECT T1.name FROM {JOIN} GROUP BY T2.student_id ORDER BY count(*) DESC LIMIT 1",
         "Student.Name group Student.enrolment.student_id "
         "order count(Student.enrolment) desc limit 1"),
        (f"SELECT T1.name FROM {JOIN} WHERE T2.grade > 70",
         "Student.Name where Student.enrolment.Grade > 70"),
        (f"SELECT DISTINCT T1.name FROM {JOIN} WHERE T2.grade > 70 AND T2.course_id = 1",
         "distinct Student.Name where "
         "some Student.enrolment (Student.enrolment.Grade > 70 and "
         "Student.enrolment.course_id = 1)"),
        (f"SELECT T1.name FROM {JOIN}", "Student.Name rows Student.enrolment"),
        (f"SELECT T1.name FROM {BOTH} WHERE T3.title = 'course 2'",
         'Student.Name where Course.Title = "course 2"'),
    ],
)  # fmt: skip
def test_joins_are_left_to_the_documents(sql: str, plan: str) -> None:
    assert translated(sql) == plan


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        ("SELECT name FROM student WHERE id NOT IN (SELECT student_id FROM enrolment)",
         "Student.Name where no Student.enrolment"),
        ("SELECT name FROM student WHERE id IN (SELECT student_id FROM enrolment WHERE grade > 70)",
         "Student.Name where some Student.enrolment (Student.enrolment.Grade > 70)"),
        (f"SELECT name FROM student EXCEPT SELECT T1.name FROM {JOIN} WHERE T2.course_id = 2",
         "Student.Name where no Student.enrolment (Student.enrolment.course_id = 2)"),
        ("SELECT city FROM student WHERE age = 18 INTERSECT "
         "SELECT city FROM student WHERE age = 20",
         "distinct Student.City where Student.age = 18 and "
         "Student.City in (Student.City where Student.age = 20)"),
        ("SELECT name FROM student WHERE age = 18 UNION SELECT name FROM student WHERE age = 20",
         "distinct Student.Name where Student.age = 18 or Student.age = 20"),
        # A city is not a student: that another one of it is enrolled matters.
        (f"SELECT city FROM student EXCEPT SELECT T1.city FROM {JOIN} WHERE T2.course_id = 2",
         "distinct Student.City where Student.City not in "
         "(Student.City where Student.enrolment.course_id = 2)"),
    ],
)  # fmt: skip
def test_queries_in_queries(sql: str, plan: str) -> None:
    assert translated(sql) == plan


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT name FRO student WHERE (", "not read"),
        ("SELECT name FROM teacher", "a table or column is kept nowhere"),
        ("SELECT a.name FROM student AS a JOIN student AS b ON a.id = b.id",
         "a table joined with itself"),
        ("SELECT T1.name FROM student AS T1 JOIN course AS T2 ON T1.name = T2.title",
         "a join without a link"),
        ("SELECT T1.name FROM student AS T1 LEFT JOIN enrolment AS T2 ON T1.id = T2.student_id",
         "an outer join"),
        ("SELECT name , max(age) FROM student", "aggregates beside columns without groups"),
        ("SELECT name , city , max(age) FROM student GROUP BY city",
         "columns of the row with the extreme"),
        ("SELECT name - age FROM student", "arithmetic with text"),
        ("SELECT name FROM student UNION SELECT title FROM course", "a union of different things"),
    ],
)  # fmt: skip
def test_what_is_not_translated_says_why(sql: str, why: str) -> None:
    assert plan_of_sql(sql, PLACES) == why


def test_a_link_that_nesting_does_not_follow_is_refused() -> None:
    """Games are nested below one of the two teams that play; which, the names do not say."""
    games = [{"id": n, "home": n % 3, "guest": (n + 1) % 3, "goals": n} for n in range(9)]
    teams = [
        {"id": t, "name": f"team {t}", "game": [g for g in games if g["home"] == t]}
        for t in range(3)
    ]
    tables = Tables(
        {"team": ("id", "name"), "game": ("id", "home", "guest", "goals")},
        (Link("game", "home", "team", "id"), Link("game", "guest", "team", "id")),
    )
    places = Places(catalog_from_documents("league", {"team": teams}), tables)
    sql = "SELECT T1.name , T2.goals FROM team AS T1 JOIN game AS T2 ON T1.id = T2.guest"
    assert translated(sql, places) == "! nothing connects the tables"
    assert translated("SELECT sum(goals) FROM game", places) == "sum(team.game.goals)"


def test_golds_are_kept_and_reasons_counted() -> None:
    golds = SqlGolds({"school": TABLES}, {"school": PLACES.catalog})
    assert golds.knows("school") and not golds.knows("zoo")
    gold = golds.gold("school", "SELECT name FROM student ORDER  BY age")
    assert gold is not None and gold.ordered and "db.Student" in gold.command
    assert golds.gold("school", "SELECT name FROM student ORDER BY age") is gold
    assert golds.gold("school", "SELECT name FROM teacher") is None
    assert golds.refused == {"a table or column is kept nowhere": 1}


def test_spider_syn_gives_golds_that_no_record_has(tmp_path: Path) -> None:
    tend, folder = tmp_path / "tend", tmp_path / "spider_syn"
    for database in ("known", "shown"):
        _write(tend / "databases" / database / "Student.json", STUDENTS)
    _write(tend / "dev_databases.json", ["shown"])
    _write(tend / "train.json", [
        {"record_id": n, "db_id": database, "nl_queries": ["Who is there?"],
         "ref_sql": "SELECT name FROM student", "MQL": "db.Student.find({}, {Name: 1, _id: 0})"}
        for n, database in enumerate(("known", "shown"))
    ])  # fmt: skip
    _write(folder / "tables.json", [
        {"db_id": database, "table_names_original": ["student", "enrolment"],
         "column_names_original": [[-1, "*"], [0, "id"], [0, "name"], [0, "age"], [0, "city"],
                                   [1, "enr_id"], [1, "student_id"], [1, "Grade"]],
         "foreign_keys": [[6, 1]]}
        for database in ("known", "shown")
    ])  # fmt: skip
    assert load_tables(folder / "tables.json")["known"].links == (
        Link("enrolment", "studentid", "student", "id"),
    )
    sql = "SELECT count(*) FROM student WHERE city = 'Rome'"
    _write(folder / "questions.json", [
        _entry("known", "How many live in Rome?", sql),
        _entry("known", "Who is there", "SELECT min(age) FROM student"),  # asked by the corpus
        _entry("known", "Which names?", "SELECT firstname FROM student"),
        _entry("shown", "How many live in Rome?", sql),
    ])  # fmt: skip
    report = load_spider_syn(folder, tend, load_tend(tend))
    assert [(e.database, e.question) for e in report.examples] == [
        ("known", "How many live in Rome?"),
        ("known", "In other words: How many live in Rome?"),
        ("known", "In other words: Who is there"),
    ]
    first = report.examples[0]
    assert first.plan is not None and first.source == "spider_syn" and not first.ordered
    assert write_plan(first.plan) == 'count(Student) where Student.City = "Rome"'
    assert (report.matched, report.translated, report.untranslated) == (0, 2, 1)


def _entry(database: str, question: str, sql: str) -> dict[str, str]:
    other = f"In other words: {question}"
    return {"db_id": database, "question": question, "synonym_question": other, "sql": sql}


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
