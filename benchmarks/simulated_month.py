"""A month of use in minutes: what the learning loop makes of people, data and mishaps, by itself.

`python -m benchmarks.simulated_month [--days 28] [--questions 30] [--seed 1] [--steps 60]
[--plot FILE.svg] [--json]` starts MongoDB, Redis, Dagster and serving of its own, loads the sample
database, and lets scripted people ask: analysts who correct what is wrong, one who sometimes
"corrects" what is right, and one who means harm. On day 8 a collection appears; on day 15 people
turn to other topics (questions written by people, of constructs that everyday ones lack); on day 22
somebody trains with settings that cannot work; on day 25 somebody serves that model by hand.
Each evening the sensors look once, and what they ask for runs. The rest is the loop's.

A day has `--questions` questions, some new, some asked before, the same in each run by `--seed`.
Trainings take `--steps`, however long those last. Cool-down and daily budget are off, since days
are minutes here. With `--json` the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.month.picture import lines, write_picture
from benchmarks.month.story import Month, Story
from benchmarks.month.world import a_world
from benchmarks.progress import say
from mqt_serving.errors import MqtError


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulated_month")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--questions", type=int, default=30, help="a day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=60, help="of a training")
    parser.add_argument("--plot", type=Path, help="SVG file")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    started = time.monotonic()
    settings = {
        "MQT_TRAINING_STEPS": str(chosen.steps),
        "MQT_TRAINING_SECONDS": "1800",
        "MQT_EVALUATION_QUESTIONS": "150",
        "MQT_MAX_TRANSLATE_MS": "5000",  # the machine may be busy with other things
        "MQT_RETRAIN_AFTER_CORRECTIONS": "20",
        "MQT_RETRAIN_COOL_DOWN_MINUTES": "0",
        "MQT_RETRAIN_PER_DAY": "100",
        "MQT_RETRAIN_CALENDAR": "never",
    }
    with a_world(settings, say) as world:
        month = Story(world, chosen.questions, chosen.seed, say).live(chosen.days)
    _print(month, time.monotonic() - started)
    if chosen.plot:
        write_picture(month, chosen.plot)
    if chosen.json:
        print(json.dumps(month.as_json()))


def _print(month: Month, seconds: float) -> None:
    for line in lines(month.events):
        print(line)
    asked, right = sum(d.asked for d in month.days), sum(d.right for d in month.days)
    kept, at_once = sum(d.kept for d in month.days), sum(d.at_once for d in month.days)
    harmful, let_in = sum(d.harmful for d in month.days), sum(d.let_in for d in month.days)
    for week in range(0, len(month.days), 7):
        part = month.days[week : week + 7]
        share = sum(d.right for d in part) / max(1, sum(d.asked for d in part))
        print(f"week {week // 7 + 1}: {share:.1%} of {sum(d.asked for d in part)} right")
    print(f"{right} of {asked} questions right; {harmful} harmful pieces, {let_in} let in")
    mistaken, held = sum(d.mistaken for d in month.days), sum(d.held for d in month.days)
    print(f"{kept} right corrections kept, {at_once} of them answered rightly at once")
    print(f"{mistaken} wrong ones kept, {held} held for review")
    print(f"{seconds / 60:.1f} minutes")


if __name__ == "__main__":
    try:
        main()
    except MqtError as error:
        sys.exit(f"mqt: {error}")
