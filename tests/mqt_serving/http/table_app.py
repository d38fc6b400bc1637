"""The real application with the table translator: `uvicorn --factory` in a process of its own."""

from __future__ import annotations

from fastapi import FastAPI

from mqt_serving.http.app import create_app
from tests.mqt_serving.table_translator import LOADERS


def create() -> FastAPI:
    return create_app(loaders=LOADERS)
