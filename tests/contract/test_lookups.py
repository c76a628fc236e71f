"""Executions by their outbox, correlation id and idempotency key."""

from __future__ import annotations

from engine.effects import PublishEvent
from engine.ports import Commit, Store
from engine.status import WorkflowStatus
from tests.contract.executions import COMPLETED, NOW, create, header, summary

EFFECT = PublishEvent("k", "sink")


async def test_with_outbox_finds_executions_with_effects_to_be_done(store: Store) -> None:
    for workflow_id in ("w1", "w2", "w3"):
        await create(store, workflow_id, header=header(workflow_id, outbox=(EFFECT,)))
    await create(store, "w4")
    assert sorted(await store.with_outbox(10)) == ["w1", "w2", "w3"]
    assert len(await store.with_outbox(2)) == 2
    await store.commit(Commit(workflow_id="w1", expected=1))  # a commit without header leaves the outbox as it is
    await store.commit(Commit(workflow_id="w2", expected=1, header=header("w2", 2)))
    assert sorted(await store.with_outbox(10)) == ["w1", "w3"]


async def test_correlated_lists_the_executions_of_a_name_oldest_first(store: Store) -> None:
    for workflow_id, age in (("young", 1), ("old", 9), ("middle", 5)):
        await create(store, workflow_id, summary=summary(workflow_id, correlation_id="c", start_time=NOW - age))
    await create(store, "other-name", summary=summary("other-name", workflow_type="g", correlation_id="c"))
    await create(store, "other-id", summary=summary("other-id", correlation_id="C"))
    assert await store.correlated("flow", "c") == ["old", "middle", "young"]
    assert await store.correlated("g", "c") == ["other-name"]
    assert await store.correlated("flow", "nothing") == []


async def test_executions_are_found_by_idempotency_key_oldest_first(store: Store) -> None:
    await create(store, "w2", summary=summary("w2", idempotency_key="k", start_time=NOW + 1))
    await create(store, "w1", summary=summary("w1", idempotency_key="k", status=COMPLETED))
    await create(store, "w3", summary=summary("w3"))
    found = await store.by_idempotency_key("flow", "k")
    assert list(found.items()) == [("w1", COMPLETED), ("w2", WorkflowStatus.RUNNING)]
    assert await store.by_idempotency_key("g", "k") == {}


async def test_a_new_summary_replaces_the_old_one(store: Store) -> None:
    await create(store, summary=summary(correlation_id="c", idempotency_key="k"))
    changed = summary(correlation_id="d", idempotency_key="l", status=COMPLETED)
    await store.commit(Commit(workflow_id="w1", expected=1, summary=changed))
    assert await store.correlated("flow", "c") == list(await store.by_idempotency_key("flow", "k")) == []
    assert await store.correlated("flow", "d") == list(await store.by_idempotency_key("flow", "l")) == ["w1"]
