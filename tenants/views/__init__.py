"""The pages of tenancy, a file each: clinics to choose from, people, keys, security, audit trail."""
