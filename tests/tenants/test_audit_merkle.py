"""A root stands for exactly these heads, a path leads there from exactly one of them, and only the key signs."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.trail.merkle import EMPTY_ROOT, BadPath, Head, build_tree, follow_path, leaf_hash, path_of, root_of
from tenants.trail.seals import BadKey, Checkpoint, is_signed, key_name, public_key_of, read_public_key, sign
from tests.tenants.trails import PUBLIC_KEY, PUBLIC_KEYS, SEED

HEADS = st.lists(
    st.builds(Head, st.uuids(), st.integers(1, 2**62), st.binary(min_size=32, max_size=32)),
    min_size=1,
    max_size=20,
    unique_by=lambda head: head.clinic_id,
)
CHECKPOINT = Checkpoint(at=1, root=bytes(32), previous=bytes(32), trails=3, key=key_name(PUBLIC_KEY))


@given(HEADS)
def test_the_path_of_every_head_leads_to_the_root(heads: list[Head]) -> None:
    levels = build_tree(heads)
    for index, head in enumerate(sorted(heads)):
        assert follow_path(head, path_of(levels, index)) == root_of(levels)
        assert len(path_of(levels, index)) <= 5


@given(HEADS, st.data())
def test_another_head_does_not_come_to_the_root(heads: list[Head], data: st.DataObject) -> None:
    levels = build_tree(heads)
    index = data.draw(st.integers(0, len(heads) - 1))
    head, path = sorted(heads)[index], path_of(levels, index)
    other = Head(head.clinic_id, head.seq + 1, head.hash)
    assert follow_path(other, path) != root_of(levels)
    assert root_of(build_tree([one for one in heads if one != head])) != root_of(levels)
    assert root_of(build_tree([other, *(one for one in heads if one != head)])) != root_of(levels)


@given(HEADS)
def test_the_order_in_which_heads_are_found_does_not_matter(heads: list[Head]) -> None:
    assert build_tree(heads) == build_tree(reversed(heads))


def test_one_head_is_its_own_root_and_none_has_none() -> None:
    head = Head(uuid.UUID(int=1), 1, bytes(32))
    assert root_of(build_tree([head])) == leaf_hash(head)
    assert path_of(build_tree([head]), 0) == []
    assert root_of(build_tree([])) == EMPTY_ROOT


@pytest.mark.parametrize("path", [[["up", "00"]], [["left"]], [["left", "zz"]], [["left", 5]], [5], "left", 7])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(BadPath):
        follow_path(Head(uuid.UUID(int=1), 1, bytes(32)), path)  # type: ignore[arg-type]


def test_a_signature_holds_for_the_signed_checkpoint_only() -> None:
    signed = sign(CHECKPOINT, SEED)
    assert is_signed(signed, PUBLIC_KEYS)
    for changed in (
        {"at": 2}, {"root": bytes(31) + b"1"}, {"previous": bytes(31) + b"1"}, {"trails": 4},
        {"signature": bytes(64)}, {"signature": b""}, {"key": "0" * 16},
    ):  # fmt: skip
        fields = {name: getattr(signed, name) for name in ("at", "root", "previous", "trails", "key", "signature")}
        assert not is_signed(Checkpoint(**fields | changed), PUBLIC_KEYS)
    other = public_key_of("MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=")
    assert not is_signed(signed, {key_name(PUBLIC_KEY): other})
    assert not is_signed(signed, {})


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", SEED + "AAAA", SEED[:-4]])
def test_what_is_no_key_is_refused(text: str) -> None:
    for read in (public_key_of, read_public_key):
        with pytest.raises(BadKey, match="base64"):
            read(text)
