"""What people may call things and themselves here; pure.

A name is read by many and kept for long, so it holds no number that could be somebody's, and no address.
"""

from tenants.masks import mask


def find_fault(text: str) -> str | None:
    """What is wrong with a name, as a sentence without the name in it; None for a good one."""
    if not text.strip():
        return "Give it a name."
    if not text.isprintable():
        return "Write it in one line, without special characters."
    if "@" in text:
        return "Leave e-mail addresses out of names."
    if mask(text) != text:
        return "Leave out runs of seven or more digits: they could be somebody’s number."
    return None
