"""Two clinics and their machines."""

import pytest

from tenants.domain import ClinicFacts
from tests.api.client import Machine, machine
from tests.tenants.factories import bright_smile, oak_street


@pytest.fixture
def clinic(db: None) -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def other_clinic(db: None) -> ClinicFacts:
    return oak_street()


@pytest.fixture
def alice(clinic: ClinicFacts) -> Machine:
    """Bright Smile's machine, with every scope."""
    return machine(clinic)


@pytest.fixture
def charlie(other_clinic: ClinicFacts) -> Machine:
    """Oak Street's."""
    return machine(other_clinic)
