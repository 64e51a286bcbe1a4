"""Empties what a process remembers between tests: their database is rolled back, its memory is not."""

import pytest

from calls import intake, keystore, selectors, tallies
from tenants import refusals, throttles


@pytest.fixture(autouse=True)
def forget_everything() -> None:
    keystore.forget_rings()
    selectors.forget_connections()
    intake.forget_weeks()
    tallies.forget()
    refusals.forget()
    throttles.forget_leases()
