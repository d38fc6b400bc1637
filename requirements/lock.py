"""Write the lock files from what is installed in this environment: `make lock`.

`serving.txt` holds what `pip install mqt` needs (no Dagster, MLflow, torch), `all.txt` every extra.
Versions are those that the tests last passed with. Local build tags (`+cpu`) are left out, and so
are packages that exist on some platforms only (CUDA libraries): pip adds what the platform needs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
# Needed by redis before Python 3.11.3 only (Debian 12 has 3.11.2), so not found where this runs.
OLDER_PYTHON = 'async-timeout==5.0.1; python_full_version < "3.11.3"'
PLATFORM_ONLY = re.compile(r"nvidia-|cuda-|triton$")


def closure(requirements: Iterable[str]) -> dict[str, str]:
    """Name -> version of everything that the requirements lead to in this environment."""
    locked: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if PLATFORM_ONLY.match(name) or (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{wanted} is not installed here: run `make setup` first.") from None
        locked[name] = found.version.split("+")[0]
        for text in found.requires or ():
            inner = Requirement(text)
            contexts = [{"extra": extra} for extra in ("", *wanted.extras)]
            if inner.marker is None or any(inner.marker.evaluate(c) for c in contexts):
                waiting.append(inner)
    return locked


def write(name: str, title: str, locked: dict[str, str]) -> None:
    exact = {package: f"{package}=={version}" for package, version in locked.items()}
    exact["async-timeout"] = OLDER_PYTHON
    lines = [exact[package] for package in sorted(exact)]
    header = f"# {title} Written by `make lock`; Python 3.11.\n"
    (HERE / name).write_text(header + "\n".join(lines) + "\n")
    print(f"requirements/{name}: {len(lines)} packages")


def main() -> None:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    base = project["dependencies"]
    extras = project["optional-dependencies"]
    write("serving.txt", "Serving alone.", closure(base))
    everything = [*base, *(text for group in extras.values() for text in group)]
    write("all.txt", "Serving, pipeline, embedded servers and tests.", closure(everything))


if __name__ == "__main__":
    main()
