"""`metrics.otlp` is an address, by https unless it stays on this machine."""

import pytest

from tests.settings.conftest import RIGHT, Mistakes


@pytest.mark.parametrize(
    "url", ["https://collector.example:4318/v1/metrics", "http://127.0.0.1:4318/v1/metrics", ""]
)
def test_what_is_one(mistakes: Mistakes, url: str) -> None:
    """A collector elsewhere, one on this machine, none."""
    assert mistakes(f'{RIGHT}\n[metrics]\notlp = "{url}"\n') == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://collector.example:4318", "http goes to this machine alone"),
        ("collector.example:4318", "is not an address such as"),
        ("https://me:s3cret@collector.example", "an address with a user in it"),
        ("grpc://collector.example:4317", "is not an address such as"),
    ],
)
def test_what_is_none(mistakes: Mistakes, url: str, said: str) -> None:
    """Told with its key, without a secret."""
    (mistake,) = mistakes(f'{RIGHT}\n[metrics]\notlp = "{url}"\n')
    assert "metrics.otlp" in mistake
    assert said in mistake
    assert "s3cret" not in mistake
