"""The admin pages of platform staff: clinics, people, memberships, the platform's trail. No caller, call or appointment
is ever shown here; other floors add what is theirs.
"""

from tenants.admin import clinics, people
from tenants.admin.lists import OneClinicAdmin, ReadOnlyAdmin
from tenants.admin.platform import PlatformAdmin, may_be_number, site

__all__ = ["OneClinicAdmin", "PlatformAdmin", "ReadOnlyAdmin", "clinics", "may_be_number", "people", "site"]
