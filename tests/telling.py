"""Shows figures that tests record, at a run's end: what workers of pytest-xdist print is lost.

tests/conftest.py registers this module as a plugin of pytest.
"""

import pytest

FIGURES = "figures"
"""The user property of a test whose value, a text, is to be seen."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the tests of all processes have recorded."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == FIGURES:
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(str(text))
