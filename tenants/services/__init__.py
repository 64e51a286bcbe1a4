"""Everything that tenancy writes, under the names that doors use; each subject has a file of its own."""

from tenants.services.clinics import ClinicDetails, NewClinic, create_clinic
from tenants.services.keys import API_KEY_MARK, create_api_key, hash_secret, revoke_api_key
from tenants.services.people import add_member, add_platform_staff, set_password
from tenants.services.sessions import end_sign_ins
from tenants.services.validation import BadInput

__all__ = [
    "API_KEY_MARK", "BadInput", "ClinicDetails", "NewClinic", "add_member", "add_platform_staff", "create_api_key",
    "create_clinic", "end_sign_ins", "hash_secret", "revoke_api_key", "set_password",
]  # fmt: skip
