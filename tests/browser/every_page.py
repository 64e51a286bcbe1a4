"""Every page of the product, found in the matrix of doors, with an address of its own in one furnished clinic."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from tenants.domain import Role
from tenants.models import User
from tenants.selectors import get_clinic
from tenants.services import add_member
from tests.access.doors import CLINIC_DOORS, PERSON_DOORS, PUBLIC_DOORS
from tests.access.ours import fill_in
from tests.access.people import Town
from tests.access.test_matrix import ADDRESSES
from tests.browser.surgery import Surgery

# What answers GET and is no page, and what it is.
NOT_PAGES: Mapping[str, str] = {
    "worklist_rows": "a part of the worklist",
    "settings_import_progress": "a part of the imports",
    "settings_import_report": "a file",
    "mfa_download_recovery_codes": "a file",
    "group_csv": "a file",
    "group_pdf": "a file",
    "report_pdf": "a file",
    "report_csv": "a file",
    "settings_connection_waiting": "a part of the connection",
    "settings_connection_account_progress": "a part of the account",
    "mfa_login_webauthn": "data for a script",
    "healthz": "for machines",
    "readyz": "for machines",
    "security_txt": "for machines",
}


def _pages() -> list[str]:
    doors: dict[str, Any] = {name: door.methods for name, door in CLINIC_DOORS.items()}
    doors |= {**PERSON_DOORS, **PUBLIC_DOORS}
    return [name for name, methods in doors.items() if "GET" in methods and name not in NOT_PAGES]


EVERY_PAGE = _pages()


def find_paths(surgery: Surgery) -> dict[str, str]:
    """The address of each page; what an address names has been put into the clinic."""
    script = f"from {__name__} import write_paths; write_paths({surgery.people.clinic_id!r}, {surgery.people.alice!r})"
    made = surgery.stack.manage("shell", "--no-imports", "--verbosity", "0", "--command", script)
    return dict(json.loads(made))


def write_paths(clinic_id: Any, admin: str) -> None:
    """In a process of the served product."""
    clinic, auditor = get_clinic(clinic_id), f"auditor@{admin.partition('@')[2]}"
    add_member(clinic_id=clinic.id, email=auditor, role=Role.AUDITOR)
    people = {"admin": User.objects.get(email=admin), "auditor": User.objects.get(email=auditor)}
    town, made = Town(clinic, clinic, people), dict[str, Any]()
    sys.stdout.write(json.dumps({name: fill_in(ADDRESSES[name], town, made=made) for name in EVERY_PAGE}))
