"""Questions written by hand over made-up databases: wordings that no template would give. Pure.

Each file of `handwritten/` is one database: its tables (see `practice_domains`), then questions,
a block each: its wordings, a line each, and `> plan` (see `notation`) or `> cannot`. A database is
built several times: once named as its tables are written, then with other names, styles and ways
to keep values, so that the same questions meet other schemas.

`python -m mqt_assets.training.handwritten FILE...` checks files and says what each plan means.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import ASKED_AT, UNANSWERABLE, Example, make_example
from mqt_assets.training.notation import NotationError, PlanReader
from mqt_assets.training.practice import Documents, Table, parse_domains, whole_database
from mqt_assets.training.renaming import renamed, with_flags_as_kept
from mqt_serving.errors import PlanError
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.explanation import explain
from mqt_serving.query.graph import entities_of
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Field, Plan
from mqt_serving.schema import Catalog

FOLDER: Final = Path(__file__).parent / "handwritten"
_SEED: Final = 11
_REPLAYED: Final = 24


@dataclass(frozen=True, slots=True)
class Block:
    """One plan (None: the database can't answer), its wordings, and the line of the plan."""

    wordings: tuple[str, ...]
    plan: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file."""

    name: str
    tables: tuple[Table, ...]
    blocks: tuple[Block, ...]


class SheetError(ValueError):
    """A file that can't be read; the message names file, line and reason."""


def load_sheets(folder: Path = FOLDER) -> list[Sheet]:
    """Every file of the folder, by name. Raises `SheetError`."""
    return [read_sheet(file) for file in sorted(folder.glob("*.txt"))]


def read_sheet(file: Path) -> Sheet:
    head, mark, body = file.read_text(encoding="utf-8").partition("\n\n")
    if not mark:
        raise SheetError(f"{file}: expected the tables, an empty line, then questions")
    try:
        [tables] = parse_domains(head.rstrip()).values()
    except ValueError as error:
        raise SheetError(f"{file}: {error}") from error
    return Sheet(file.stem, tables, tuple(_blocks(file, body, head.count("\n") + 3)))


def _blocks(file: Path, body: str, line: int) -> Iterator[Block]:
    wordings: list[str] = []
    for number, text in enumerate(body.splitlines(), line):
        if text.startswith(">"):
            plan = text[1:].strip()
            if not wordings:
                raise SheetError(f"{file}:{number}: a plan without a question above it")
            yield Block(tuple(wordings), None if plan == "cannot" else plan, number)
            wordings = []
        elif text.strip():
            wordings.append(text.strip())
    if wordings:
        raise SheetError(f"{file}: the last question has no plan")


@dataclass(frozen=True, slots=True)
class Handwritten:
    """Examples over catalogs of their own, named `written_<file>_<version>`."""

    examples: tuple[Example, ...]
    catalogs: dict[str, Catalog]


def is_held_out(sheet: Sheet) -> bool:
    """Whether base trainings leave the sheet out, to measure on it: one in sixteen, by name."""
    return zlib.crc32(sheet.name.encode()) % 16 == 0


def handwritten(versions: int, sheets: Iterable[Sheet]) -> Handwritten:
    """The sheets' questions over `versions` databases each. Raises `SheetError`."""
    examples: list[Example] = []
    catalogs: dict[str, Catalog] = {}
    for sheet in sheets:
        plain, as_written = sheet_catalog(sheet, 0)
        read = [(block, read_plan(sheet, block, plain)) for block in sheet.blocks]
        for version in range(versions):
            catalog, called = sheet_catalog(sheet, version) if version else (plain, as_written)
            catalogs[catalog.database] = catalog
            for block, plan in read:
                here = plan and with_flags_as_kept(renamed(plan, called), catalog)
                examples += examples_of(block, here, catalog)
    return Handwritten(tuple(examples), catalogs)


def replay(seed: int) -> Handwritten:
    """First wordings over some of the sheets: what adapting to a user's data must not unlearn."""
    sheets = Random(f"replay {seed}").sample(load_sheets(), _REPLAYED)
    first = [
        replace(s, blocks=tuple(replace(b, wordings=b.wordings[:1]) for b in s.blocks))
        for s in sheets
    ]
    return handwritten(1, first)


def examples_of(block: Block, plan: Plan | None, catalog: Catalog) -> Iterator[Example]:
    """One for each wording; none where the plan can't be told over this catalog."""
    if plan is None:
        command = ""
    else:
        try:
            command = render_mongosh(lower(plan, catalog))
        except PlanError:
            return  # in this version names clash, or a reference is not told by its name
    for wording in block.wordings:
        yield make_example(
            wording, catalog.database, plan, command,
            source="handwritten", kind="" if plan else UNANSWERABLE,
        )  # fmt: skip


def sheet_catalog(sheet: Sheet, version: int) -> tuple[Catalog, dict[str, str]]:
    """One version of the sheet's database, and how its things are called there."""
    documents, called = sheet_documents(sheet, version)
    return catalog_from_documents(sheet_database(sheet, version), documents), called


def sheet_database(sheet: Sheet, version: int) -> str:
    return f"written_{sheet.name}_{version}"


def sheet_documents(sheet: Sheet, version: int) -> tuple[dict[str, Documents], dict[str, str]]:
    """The documents by collection, and how the sheet's things are called there."""
    rng = Random(f"{_SEED}:{sheet_database(sheet, version)}")
    return whole_database(sheet.tables, rng, as_written=version == 0)


def read_plan(sheet: Sheet, block: Block, catalog: Catalog) -> Plan | None:
    """The block's plan over the database as its tables are written. Raises `SheetError`."""
    if block.plan is None:
        return None
    try:
        return _reader(catalog).read(block.plan)
    except NotationError as error:
        raise SheetError(f"{sheet.name}.txt:{block.line}: {error}") from error


def _reader(catalog: Catalog) -> PlanReader:
    entities = set(entities_of(catalog))

    def is_field(field: Field) -> bool:
        known = catalog.field(field.collection, field.path)
        return known is not None and known.is_value

    return PlanReader(entities.__contains__, is_field, ASKED_AT)


# ------------------------------------------------------------------ checking


def check(file: Path) -> Iterator[str]:
    """What is wrong with a file, or what each plan means, a line each."""
    sheet = read_sheet(file)
    catalog, _ = sheet_catalog(sheet, 0)
    for block in sheet.blocks:
        try:
            plan = read_plan(sheet, block, catalog)
            if plan is None:
                continue
            lower(plan, catalog)
            yield f"{block.line}: {block.wordings[0]}\n    {explain(plan, catalog)}"
        except (SheetError, PlanError) as error:
            yield f"WRONG {file.name}:{block.line}: {block.wordings[0]}\n    {error}"


def main(arguments: Sequence[str]) -> int:
    wrong = 0
    for name in arguments:
        try:
            for said in check(Path(name)):
                print(said)
                wrong += said.startswith("WRONG")
        except SheetError as error:
            print(f"WRONG {error}")
            wrong += 1
    print(f"{wrong} wrong")
    return min(1, wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
