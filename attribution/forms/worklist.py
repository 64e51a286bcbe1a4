"""What the worklist may be told; anything else is an error that names the field."""

from django import forms

from attribution.domain import ActionKind, DismissReason


class ActForm(forms.Form):
    """What somebody did about a waiting caller: called back and reached or not, or dismissed with a reason."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in ActionKind])
    reached = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], required=False)
    reason = forms.ChoiceField(choices=[(reason.value, reason.value) for reason in DismissReason], required=False)
    seen_at = forms.DateTimeField(required=False)  # when the list was made that they acted on

    @property
    def kind_done(self) -> ActionKind:
        return ActionKind(self.cleaned_data["kind"])

    @property
    def was_reached(self) -> bool | None:
        word = self.cleaned_data["reached"]
        return word == "yes" if word else None

    @property
    def dismissed_because(self) -> DismissReason | None:
        word = self.cleaned_data["reason"]
        return DismissReason(word) if word else None


class ClaimForm(forms.Form):
    """Whether somebody takes a caller on or lets go."""

    take = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
