"""A run told in lines, through a real run."""

import io
import logging
from typing import Any

import dagster as dg

from mqt_assets.progress import ProgressLines


def told(asset: Any) -> str:
    out = io.StringIO()

    @dg.logger(config_schema={})
    def into_text(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("test", logging.DEBUG)
        logger.addHandler(ProgressLines(out, clock=lambda: 65.0))
        return logger

    @dg.asset_check(asset=asset)
    def holds() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, description="too few")

    defs = dg.Definitions(
        assets=[asset],
        asset_checks=[holds],
        loggers={"text": into_text},
        jobs=[dg.define_asset_job("job", "*")],
    )
    defs.resolve_job_def("job").execute_in_process(
        run_config={"loggers": {"text": {}}}, raise_on_error=False
    )
    return out.getvalue()


def test_each_asset_says_how_long_it_took_and_what_it_found() -> None:
    @dg.asset
    def schemas(context: dg.AssetExecutionContext) -> None:
        context.log.info("12 collections read")
        context.log.debug("nobody needs this")

    lines = told(schemas).splitlines()
    assert lines[0] == "[0:00]     12 collections read"
    assert lines[1].split() == ["[0:00]", "schemas", "0.0", "s"]
    assert "holds: too few" in lines[2]
    assert "nobody needs this" not in "\n".join(lines)


def test_a_failure_is_told_by_its_cause() -> None:
    @dg.asset
    def schemas() -> None:
        raise RuntimeError("the disk is full")

    text = told(schemas)
    assert "schemas" in text
    assert "failed after 0.0 s: RuntimeError: the disk is full" in text
