"""The sums of docs/cost.md follow from the template, from measured times and from prices."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cfnlint.decode import decode

from tests.scale_page import agree, table
from tests.unit import trust_units

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/cost.md"
TEXT = " ".join(PAGE.read_text().split())
ROUNDS, POLLS = 30 * 24 * 4, 5 * 3 * 60 * 24 * 30
"""A month's rounds of housekeeping, and a queue's empty polls."""
COLD = 1 / 100
"""Cold starts a call."""
CALLS = ("IndexFaces, one face", "SearchFacesByImage, 10 found", "SearchFaces, 10 found")


def only(cells: dict[str, list[list[float]]]) -> dict[str, float]:
    return {name: row[0][0] for name, row in cells.items()}


@pytest.fixture(scope="module")
def price() -> dict[str, float]:
    return {**only(table("Prices")), **only(table("Prices", PAGE))}


def decoded(name: str) -> dict[str, Any]:
    found, problems = decode(str(ROOT / "infra" / name))
    assert problems == []
    whole: dict[str, Any] = found
    return whole


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return decoded("template.yaml")


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = decoded("dashboard.yaml")["Resources"]
    return found


@pytest.fixture(scope="module")
def gigabyte_ms(template: dict[str, Any], price: dict[str, float]) -> float:
    """Return what a millisecond of a function costs, $."""
    memory = template["Parameters"]["MemorySize"]["Default"] / 1024
    each: float = memory * price["Lambda, a million GB-seconds, arm64"] / 1e9
    return each


@pytest.fixture(scope="module")
def alarmed(template: dict[str, Any]) -> list[int]:
    """Return the metrics of each alarm of a deployment with an endpoint."""
    alarms = [
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
        and each.get("Condition") in {None, "HasEndpoint"}
    ]
    return [sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms]


@pytest.fixture(scope="module")
def idle(
    template: dict[str, Any],
    dashboard: dict[str, Any],
    price: dict[str, float],
    gigabyte_ms: float,
    alarmed: list[int],
) -> dict[str, tuple[float, float]]:
    """Return each part of an idle month, $: at list price, and after what is free."""
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert template["Parameters"]["HousekeepingSchedule"]["Default"] == "rate(15 minutes)"
    polls = POLLS * kinds.count("AWS::Lambda::EventSourceMapping")
    poll, alarm = price["SQS, a million requests"] / 1e6, price["CloudWatch, an alarm on a metric"]
    key = price["KMS, a key"] * kinds.count("AWS::KMS::Key")
    units = price["DynamoDB, a million consistent read units"] / 1e6
    listing = price["S3, a thousand listings or PUTs"] / 1e3
    calls = ROUNDS * (3 * units + 2 * listing)
    reading = ROUNDS * price["Secrets Manager, 10,000 calls"] / 1e4
    secret = price["Secrets Manager, a secret"] * kinds.count("AWS::SecretsManager::Secret")
    image = 0.5 * price["ECR, a GB-month"]
    rounds = ROUNDS * (1000 * gigabyte_ms + price["Lambda, a million requests"] / 1e6)
    assert ROUNDS * 3008 / 1024 < 400_000, "GB-seconds that are free"
    return {
        "key": (key, key),
        "root key": (secret + reading, secret + reading),
        "alarms": (sum(alarmed) * alarm, (sum(alarmed) - 10) * alarm),
        "dashboard": (price["CloudWatch, a dashboard"] * len(dashboard), 0),
        "metrics of one's own": (price["CloudWatch, a metric"], 0),
        "polling of two queues": (polls * poll, (polls - 1e6) * poll),
        "housekeeping, functions": (rounds, 0),
        "housekeeping, calls": (calls, calls),
        "requests to the key": (ROUNDS * 3 * price["KMS, 10,000 requests"] / 1e4, 0),
        "image": (image, image),
    }


@pytest.fixture(scope="module")
def thousand(price: dict[str, float], gigabyte_ms: float) -> dict[str, Any]:
    """Return each part of a thousand calls, $; columns are CALLS."""
    measured = table("Time and memory", ROOT / "docs/models.md")["IndexFaces"][0][0]
    assert f"twice the {measured} ms" in TEXT
    looks, stored, pictures = np.array([1, 1, 0]), np.array([5, 2, 2]), np.array([1, 1, 0])
    stored = stored + trust_units.READS + 1  # and the entry in the trail
    searched = np.array([0, 1, 1])
    milliseconds = 2 * measured * looks + 5 * stored + 25 * pictures + searched + 2000 * COLD
    counted = {name: row[:2] for name, row in table("What a call costs").items()}
    read, written = (np.array([counted[name][column][0] for name in CALLS]) for column in (0, 1))
    assert list(read) == [2, 11, 11]
    assert list(written) == [3, 0, 0]
    later = np.array([5, 0, 0])  # docs/scale.md, below Cost a month: who reads an entry, and when
    units = (read + later) * price["DynamoDB, a million consistent read units"]
    units = units + written * price["DynamoDB, a million write units, on demand"]
    nothing = np.zeros(3)
    trail = [
        trust_units.written(name.split(",")[0], 1 if later[n] else 10)
        for n, name in enumerate(CALLS)
    ]
    trusted = np.array(trail) * price["DynamoDB, a million write units, on demand"] / 1e3
    trusted = trusted + (trust_units.READS + COLD * trust_units.COLD_READS) * (
        price["DynamoDB, a million consistent read units"] / 1e3
    )
    trusted = trusted + COLD * 1e3 * price["Secrets Manager, 10,000 calls"] / 1e4
    return {
        "billed time, ms a call": milliseconds,
        "... its GB-seconds": 1000 * milliseconds * gigabyte_ms,
        "requests of Lambda": nothing + price["Lambda, a million requests"] / 1e3,
        "DynamoDB": units / 1e3,
        "trust: keys and the trail": trusted,
        "S3, reading the picture": pictures * price["S3, a thousand GETs"],
        "log": nothing + 1e-3 * price["CloudWatch, a GB of logs"],
    }


def total(thousand: dict[str, Any]) -> Any:
    return sum(value for name, value in thousand.items() if name != "billed time, ms a call")


def idly(idle: dict[str, tuple[float, float]]) -> tuple[float, float]:
    return sum(each[0] for each in idle.values()), sum(each[1] for each in idle.values())


def test_an_idle_month_is_the_template_s(
    idle: dict[str, tuple[float, float]], alarmed: list[int]
) -> None:
    """Lost: a resource is added that is paid for while nobody calls, and the page says nothing."""
    printed = table("Idle, a month", PAGE)
    assert list(printed) == [*idle, "all of it"]
    for name, values in {**idle, "all of it": idly(idle)}.items():
        agree(printed[name], list(values))
    assert f"{len(alarmed)}, of {sum(alarmed)} metrics" in PAGE.read_text()


def test_metrics_of_one_s_own_are_those_of_the_dashboard(dashboard: dict[str, Any]) -> None:
    """Lost: a metric is added, $0.30 a month each, and the page does not count it."""
    shown = str(dashboard["Dashboard"]["Properties"]["DashboardBody"])
    of_housekeeping = 1
    assert shown.count('["Lineament"') + of_housekeeping == 10
    assert "one while idle, ten where uploads and jobs run" in TEXT


def test_a_thousand_calls_are_the_sum_of_their_parts(
    thousand: dict[str, Any], price: dict[str, float]
) -> None:
    """Lost: somebody budgets by a sum that its rows do not make."""
    first = 1000 * price["Rekognition, a picture of the first million"] + np.zeros(3)
    sums = {
        "all of it": total(thousand),
        "Amazon Rekognition, first million": first,
        "Amazon Rekognition, beyond five million": 600 * first / 1000,
        "times as much, of the first million": first / total(thousand),
    }
    assert price["Rekognition, beyond"] == pytest.approx(0.0006)
    assert 10 * total(thousand)[0] == pytest.approx(1 / 8, rel=0.05)
    assert "a picture would cost an eighth" in TEXT
    kept = price["DynamoDB, a GB-month"] + price["DynamoDB, a GB-month of point-in-time recovery"]
    assert f"${kept:.2f} a month with point-in-time recovery" in TEXT
    assert f"at a cold start {trust_units.COLD_READS} read units" in TEXT
    assert "one write unit, or two with ten results" in TEXT
    printed = table("A thousand calls", PAGE)
    assert list(printed) == [*thousand, *sums]
    for name, values in {**thousand, **sums}.items():
        agree(printed[name], list(values))


def test_break_even_follows(
    idle: dict[str, tuple[float, float]], thousand: dict[str, Any], price: dict[str, float]
) -> None:
    """Lost: somebody moves at a volume where it is dearer."""
    theirs = price["Rekognition, a picture of the first million"]
    listed, free = idly(idle)
    ours = total(thousand) / 1e3
    vcpu, gigabyte = (price[f"Fargate, an hour of a {what}, arm64"] for what in ("vCPU", "GB"))
    container = 730 * (vcpu + 2 * gigabyte)
    assert f"${container:.1f} a month" in TEXT
    parts = ("DynamoDB", "trust: keys and the trail", "S3, reading the picture")
    stored = sum(thousand[name][0] for name in parts) / 1e3
    computed = {
        name: [listed / (theirs - each), free / (theirs - each)]
        for name, each in zip(
            ("IndexFaces", "SearchFacesByImage", "SearchFaces"), ours, strict=True
        )
    }
    computed["one container, IndexFaces"] = [container / (theirs - stored)]
    computed["one container in place of functions, IndexFaces"] = [
        (container - listed) / (ours[0] - stored)
    ]
    printed = table("From when on it is cheaper", PAGE)
    assert list(printed) == list(computed)
    for name, values in computed.items():
        agree(printed[name], values)


def test_the_example_is_worked_out(
    idle: dict[str, tuple[float, float]], thousand: dict[str, Any], price: dict[str, float]
) -> None:
    """Lost: the one figure that everybody quotes is not what the tables say."""
    face = only(table("What a face costs"))
    kept = face["billed storage, bytes"] * (
        price["DynamoDB, a GB-month"] + price["DynamoDB, a GB-month of point-in-time recovery"]
    )
    kept = (kept + face["snapshot in S3, bytes"] * price["S3, a GB-month"]) * 1e5 / 1e9
    assert f"${kept:.2f} a month per 100,000" in TEXT
    sweeps = table("Cost a month")["sweeps; a fifteenth of that, where no face was removed"][0][0]
    assert f"${sweeps} for sweeps" in TEXT
    index, search, _ = total(thousand)
    ours = idly(idle)[0] + kept + sweeps + 50 * index + 200 * search
    theirs = (
        100 * price["Rekognition, a thousand faces a month"]
        + 250_000 * (price["Rekognition, a picture of the first million"])
    )
    told = re.search(r"cost \$([\d.]+) here, and \$(\d+) there", TEXT)
    assert told is not None
    agree([[float(told[1])], [float(told[2])]], [ours, theirs])


def test_prices_beside_the_tables_are_those_of_the_table(price: dict[str, float]) -> None:
    """Lost: an HTTP API or uploads cost other than the page says."""
    gateway = price["API Gateway, a million requests of an HTTP API"] / 1e3
    assert f"Function URL's place, ${gateway:g} a thousand" in TEXT
    put, queue = (
        price["S3, a thousand listings or PUTs"],
        3 * price["SQS, a million requests"] / 1e3,
    )
    assert f"${put:g} for the PUT and {queue:g} for three calls" in TEXT
