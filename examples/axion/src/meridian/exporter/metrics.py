"""Metrics in the text format of Prometheus, version 0.0.4."""

from typing import Mapping, Sequence

from meridian.core.book import Loan


class Metric:
    """A gauge with its samples, which are pairs of labels and value."""

    def __init__(self, name: str, description: str, samples: Sequence) -> None:
        self.name = name
        self.description = description
        self.samples = samples


def book_metrics(book: Sequence[Loan]) -> Sequence[Metric]:
    """Return the number of loans, the balance and the rate of each product."""
    products = {}
    for loan in book:
        if loan.balance > 0:
            products.setdefault(loan.product, []).append(loan)
    counts, balances, rates = [], [], []
    for name, loans in sorted(products.items()):
        labels = {"product": name}
        balance = sum([loan.balance for loan in loans])
        counts.append((labels, len(loans)))
        balances.append((labels, round(balance, 2)))
        rates.append((labels, round(sum([loan.balance * loan.annual_rate for loan in loans]) / balance, 6)))
    return [
        Metric("meridian_loans", "Loans with a balance.", counts),
        Metric("meridian_balance_rand", "Outstanding balance.", balances),
        Metric("meridian_rate_ratio", "Yearly interest rate, weighted by balance.", rates),
    ]


def service_metrics(states: Mapping[str, bool]) -> Sequence[Metric]:
    """Return for each watched service whether it is healthy."""
    samples = [({"service": name}, int(up)) for name, up in sorted(states.items())]
    return [Metric("meridian_service_up", "Whether the service reports that it is healthy.", samples)]


def render(metrics: Sequence[Metric]) -> str:
    """Return the text for Prometheus, without metrics that have no samples."""
    lines = []
    for metric in metrics:
        if not metric.samples:
            continue
        lines.append(f"# HELP {metric.name} {metric.description}")
        lines.append(f"# TYPE {metric.name} gauge")
        for labels, value in metric.samples:
            pairs = ",".join([f'{name}="{_escape(text)}"' for name, text in labels.items()])
            lines.append(f"{metric.name}{{{pairs}}} {value}")
    return "".join([line + "\n" for line in lines])


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
