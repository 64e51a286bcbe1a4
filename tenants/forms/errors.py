"""What is wrong with a form, in one line for the pages that show no form."""

from django import forms


def first_error(form: forms.Form) -> str:
    """One line that names the field and says what is wrong; without the value."""
    name, errors = next(iter(form.errors.get_json_data().items()))
    return f"{name}: {errors[0]['message'] if errors[0]['code'] != 'invalid_choice' else 'not one of the choices.'}"
