"""Metadata documents."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import AlreadyExists
from engine.ports import Document, Store


async def test_a_document_is_found_by_its_whole_key(store: Store) -> None:
    document = Document("workflow", "flow", '{"ü": 1}'.encode(), 2)
    await store.put_document(document)
    assert await store.get_document("workflow", "flow", 2) == document
    assert await store.get_document("workflow", "flow", 1) is None
    assert await store.get_document("workflow", "Flow", 2) is None
    assert await store.get_document("task", "flow", 2) is None


async def test_no_two_keys_are_taken_for_one(store: Store) -> None:
    keys = [("a", "b:c"), ("a:b", "c"), ("a:b:c", ""), ("", "a:b:c")]
    for kind, name in keys:
        await store.put_document(Document(kind, name, f'"{kind} {name}"'.encode()), create=True)
    for kind, name in keys:
        assert await store.list_documents(kind) == [Document(kind, name, f'"{kind} {name}"'.encode())]


async def test_put_replaces_and_create_refuses(store: Store) -> None:
    await store.put_document(Document("task", "t", b"1"), create=True)
    await store.put_document(Document("task", "t", b"2"))
    with pytest.raises(AlreadyExists, match="task t"):
        await store.put_document(Document("task", "t", b"3"), create=True)
    assert await store.get_document("task", "t") == Document("task", "t", b"2")


async def test_replace_needs_the_body_that_was_expected(store: Store) -> None:
    assert not await store.replace_document(Document("task", "t", b"2"), b"1")
    assert await store.get_document("task", "t") is None
    await store.put_document(Document("task", "t", '"ä"'.encode()))
    assert not await store.replace_document(Document("task", "t", b"2"), b"1")
    assert not await store.replace_document(Document("task", "t", b"2", 1), '"ä"'.encode())
    assert await store.replace_document(Document("task", "t", b"2"), '"ä"'.encode())
    assert not await store.replace_document(Document("task", "t", b"3"), '"ä"'.encode())
    assert await store.get_document("task", "t") == Document("task", "t", b"2")


async def test_of_many_replacements_of_one_body_one_is_done(store: Store) -> None:
    await store.put_document(Document("task", "t", b"0"))
    told = await asyncio.gather(*(store.replace_document(Document("task", "t", b"%d" % n), b"0") for n in range(1, 9)))
    assert told.count(True) == 1
    assert await store.get_document("task", "t") == Document("task", "t", b"%d" % (told.index(True) + 1))


async def test_documents_are_listed_by_name_then_version(store: Store) -> None:
    for name, version in (("b", 1), ("a", 10), ("a", 9), ("B", 1), ("ä", 1)):
        await store.put_document(Document("workflow", name, b"{}", version))
    await store.put_document(Document("task", "a", b"{}"))
    listed = [(found.name, found.version) for found in await store.list_documents("workflow")]
    assert listed == [("B", 1), ("a", 9), ("a", 10), ("b", 1), ("ä", 1)]
    assert [found.version for found in await store.list_documents("workflow", "a")] == [9, 10]
    assert await store.list_documents("event") == []


async def test_kinds_are_those_of_the_documents_there_are(store: Store) -> None:
    assert await store.document_kinds() == []
    for kind, name in (("workflow", "a"), ("task", "a"), ("task", "b"), ("gone", "a"), ("Task", "a")):
        await store.put_document(Document(kind, name, b"{}"))
    await store.delete_document("gone", "a")
    assert await store.document_kinds() == ["Task", "task", "workflow"]


async def test_delete_says_whether_there_was_something(store: Store) -> None:
    await store.put_document(Document("task", "t", b"1"))
    assert await store.delete_document("task", "t", 1) is False
    assert await store.delete_document("task", "t") is True
    assert await store.delete_document("task", "t") is False
    assert await store.get_document("task", "t") is None


async def test_a_shared_store_tells_that_documents_of_a_kind_have_changed(store: Store) -> None:
    async def versions() -> tuple[int, int]:
        return await store.documents_version(["task"]), await store.documents_version(["event", "task"])

    before = await versions()
    await store.put_document(Document("task", "t", b"{}"))
    put = await versions()
    await store.delete_document("task", "t")
    deleted = await versions()
    assert (put > before) == (deleted > put) == store.shared
    await store.put_document(Document("other", "t", b"{}"))
    assert await versions() == deleted
