"""Figures for Prometheus, read from the rows at each scrape. Each app adds the families that it knows."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Count, QuerySet
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Source = Callable[[], Iterable[Metric]]

SOURCES: list[Source] = []


def register(source: Source) -> Source:
    """Add a source of metric families; usable as a decorator."""
    SOURCES.append(source)
    return source


class DatabaseCollector(Collector):
    """Asks every source at each scrape; holds nothing in memory, so that any number of processes agree."""

    def describe(self) -> list[Metric]:
        """Name nothing in advance, so that registering asks the database nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        for source in SOURCES:
            yield from source()


def counted(name: str, documentation: str, rows: QuerySet[Any], *labels: str) -> Metric:
    """Return a gauge of the number of rows for each combination of the labels' values."""
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for *values, count in rows.order_by(*labels).values_list(*labels).annotate(count=Count("pk")):
        family.add_metric(["" if value is None else str(value).lower() for value in values], count)
    return family
