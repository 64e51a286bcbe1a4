"""What a clinic's admins say about people, and what an invited person says; ids and clinics are not asked."""

from django import forms

from tenants.domain import Role
from tenants.permissions import GRANTABLE
from tenants.services.validation import BadInput


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Role",
        choices=[(role.value, role.value.capitalize()) for role in GRANTABLE],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the roles.", "required": "Choose a role."},
    )


class RoleForm(forms.Form):
    """A role, of those that an admin can give."""

    role = _role_field()

    @property
    def chosen_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class InviteForm(RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text="The invitation goes to this address and can be accepted only there.",
    )
    field_order = ("email", "role")


class JoinForm(forms.Form):
    """A new person: a name for colleagues, and a password."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="As your colleagues know you.",
    )
    password = forms.CharField(
        label="Password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: object = None, *, min_length: int) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["password"].help_text = f"At least {min_length} characters; a few plain words make a good one."


def add_refusal(form: forms.Form, error: BadInput) -> None:
    """What a service refused, beside the field that it names."""
    field = str(error).partition(": ")[0]
    form.add_error(field if field in form.fields else None, reason_of(error))


def reason_of(error: BadInput) -> str:
    """What a service refused, without the name of the field."""
    return str(error).partition(": ")[2]
