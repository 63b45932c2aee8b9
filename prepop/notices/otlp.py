"""Figures to an OpenTelemetry collector, by OTLP over HTTP. Headers that it asks for (a key) come from
`OTEL_EXPORTER_OTLP_HEADERS`, which the library reads: a secret stands in no config.
"""

import logging
from collections.abc import Iterable

from prepop import __version__
from prepop.errors import OutputError
from prepop.rules.summary.figures import Figure

SECONDS = 10.0  # in which the collector must have taken them
_LIBRARY = "opentelemetry"


def send(endpoint: str, figures: Iterable[Figure], seconds: float = SECONDS) -> None:
    """Every figure as a gauge of this moment, tried for so many seconds. Raises OutputError if not taken."""
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
        from opentelemetry.sdk.resources import Resource
    except ImportError as error:
        raise OutputError(
            "sending figures to the collector: the OpenTelemetry exporter is not installed",
            hint="pip install 'prepop[otlp]', or take metrics.otlp out of the config",
        ) from error
    # what it says of a failure quotes the headers' names and the collector's words
    logging.getLogger(_LIBRARY).setLevel(logging.CRITICAL)
    reader = InMemoryMetricReader()
    about = Resource.create({"service.name": "prepop", "service.version": __version__})
    provider = MeterProvider([reader], resource=about, shutdown_on_exit=False)
    meter = provider.get_meter("prepop", __version__)
    made = {}
    for figure in figures:
        if figure.name not in made:
            made[figure.name] = meter.create_gauge(figure.name, description=figure.about)
        made[figure.name].set(float(figure.value), dict(figure.labels))
    data = reader.get_metrics_data()
    exporter = OTLPMetricExporter(endpoint=endpoint, timeout=seconds)
    try:
        taken = data is not None and exporter.export(data) is MetricExportResult.SUCCESS
    except Exception as error:  # whatever it is that keeps them from it, it is the collector's
        raise OutputError(f"sending figures to the collector: {type(error).__name__}") from error
    finally:
        exporter.shutdown()
        provider.shutdown()
    if not taken:
        raise OutputError(
            "sending figures to the collector: it did not take them",
            hint="look at its log, at metrics.otlp, and at OTEL_EXPORTER_OTLP_HEADERS",
        )
