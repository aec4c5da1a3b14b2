"""GET /metrics: what the process has counted, as Prometheus reads it."""

import logging
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from lineament.domain.counts import Counter, Counts, Gauge, Histogram

_PREFIX = "lineament_"
_PROXIES = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")
"""A request that has one came through a proxy, or says so: neither is the client's own address."""
_log = logging.getLogger(__name__)


def offered(counts: Counts, readers: str, workers: int) -> "Metrics | None":
    """Return the metrics of a server of so many processes, or None where nobody may read them.

    Args:
        counts: of this process.
        readers: the setting: loopback, on or off.
        workers: each counts for itself, so that of several none could tell what the server does.
    """
    if readers == "off":
        return None
    if workers > 1:
        _log.warning("no /metrics: with %d processes, each would tell of itself alone", workers)
        return None
    return Metrics(counts, loopback_only=readers == "loopback")


class Metrics:
    """What there is to read, and who may."""

    def __init__(self, counts: Counts, *, loopback_only: bool) -> None:
        """Tell of `counts` and of the process: its memory, processor time and open files."""
        self._loopback_only = loopback_only
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(counts))
        ProcessCollector(registry=self._registry)

    def may_read(self, environ: Mapping[str, Any]) -> bool:
        """Tell whether the client of a WSGI request may read them.

        The connection's own address decides. What a proxy says of its client is not believed, and
        not read as "from here" either.
        """
        if not self._loopback_only:
            return True
        return not any(name in environ for name in _PROXIES) and _is_loopback(
            str(environ.get("REMOTE_ADDR", ""))
        )

    def answer(self, accept: str) -> Response:
        """Return the answer, in the text format or, where `accept` asks for it, OpenMetrics."""
        encode, content_type = choose_encoder(accept)
        return Response(encode(self._registry), content_type=content_type)


class _Collector(Collector):
    """Reads the counts at each scrape. docs/metrics.md has the same names."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        yield _counter("requests", "Requests answered.", counts.requests)
        yield _histogram(
            "request_seconds", "From a request's last byte to its answer.", counts.request_seconds
        )
        yield _counter("request_body_bytes", "Bytes of request bodies.", counts.request_bytes)
        yield _counter("throttled", "Calls over their account's rate.", counts.throttled)
        yield _counter("refused", "Requests refused because of too many others.", counts.refused)
        yield _counter("unrecorded", "Uses of faces not in the audit trail.", counts.unrecorded)
        yield _counter(
            "searched_often", "People searched for too often in a day.", counts.searched_often
        )
        yield _gauge("galleries", "Galleries in memory.", counts.galleries)
        yield _gauge("gallery_bytes", "Bytes of galleries in memory.", counts.gallery_bytes)
        yield _gauge(
            "gallery_bound_bytes", "What LINEAMENT_GALLERY_BYTES allows.", counts.gallery_bound
        )
        yield _counter(
            "gallery_evictions", "Galleries that had to leave for others.", counts.evictions
        )
        yield _counter("gallery_cold_starts", "Galleries read from nothing.", counts.cold_starts)
        yield _counter(
            "gallery_log_entries", "Entries of logs that galleries took in.", counts.log_entries
        )
        yield _histogram("search_seconds", "One search of a gallery.", counts.search_seconds)
        yield _counter(
            "search_second_looks", "Searches that one scan left open.", counts.second_looks
        )


def _counter(name: str, text: str, counter: Counter) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, text, labels=counter.labels)
    for values, total in counter.read().items():
        family.add_metric(values, total)
    return family


def _gauge(name: str, text: str, gauge: Gauge) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, text, value=gauge.value)


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(_PREFIX + name, text, labels=histogram.labels)
    bounds = [*(str(bound) for bound in histogram.bounds), "+Inf"]
    for values, seen in histogram.read().items():
        family.add_metric(values, list(zip(bounds, seen.within, strict=True)), seen.total)
    return family


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:  # a Unix socket has none: a proxy is behind it
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback
