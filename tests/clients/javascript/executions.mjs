// Executions: run by the SDK's workers, polled and updated by hand, steered, signalled, found, and moved in bulk.

import assert from "node:assert/strict";

import { NonRetryableException, TaskManager, noopLogger } from "@io-orkes/conductor-javascript";

import { fresh, refused, until } from "./checking.mjs";

const statuses = (execution) => execution.tasks.map((task) => task.status);

async function workers(connection) {
  const [add, flaky, doomed] = ["add", "flaky", "doomed"].map((stem) => fresh(`javascript_${stem}`));
  await connection.defineTask(add, { retryCount: 0 });
  await connection.defineTask(flaky, { retryCount: 1 });
  await connection.defineTask(doomed, { retryCount: 3 });
  const [good, bad] = [fresh("javascript_workers"), fresh("javascript_hopeless")];
  await connection.define(good, [add, flaky], { outputParameters: { sum: "${t0.output.sum}", again: "${t1.output.n}" } });
  await connection.define(bad, [doomed]);
  const manager = new TaskManager(
    connection.client,
    [
      {
        taskDefName: add,
        execute: async (task) => ({
          status: "COMPLETED",
          outputData: { sum: task.inputData.x + 1 },
          logs: [{ log: "added one" }],
        }),
      },
      {
        taskDefName: flaky,
        execute: async (task) => {
          if (!task.retryCount) throw new Error("not the first time");
          return { status: "COMPLETED", outputData: { n: task.retryCount } };
        },
      },
      {
        taskDefName: doomed,
        execute: async () => {
          throw new NonRetryableException("cannot be done");
        },
      },
    ],
    { logger: noopLogger, options: { pollInterval: 20 } },
  );
  manager.startPolling();
  try {
    const [done, failed] = [await connection.start(good, { input: { x: 4 } }), await connection.start(bad)];
    await until(async () => (await connection.status(done)) === "COMPLETED", `${done} is completed by workers`);
    await until(async () => (await connection.status(failed)) === "FAILED", `${failed} is failed by its worker`);
    const execution = await connection.workflows.getWorkflow(done, true);
    assert.deepEqual(execution.output, { sum: 5, again: 1 });
    assert.deepEqual(statuses(execution), ["COMPLETED", "FAILED", "COMPLETED"]);
    const logs = await connection.tasks.getTaskLogs(execution.tasks[0].taskId);
    assert.deepEqual(logs.map((entry) => entry.log), ["added one"]);
    assert.deepEqual(statuses(await connection.workflows.getWorkflow(failed, true)), ["FAILED_WITH_TERMINAL_ERROR"]);
  } finally {
    await manager.stopPolling();
  }
}

async function polling(connection) {
  const { tasks, queues } = connection;
  const [kind, name] = [fresh("javascript_step"), fresh("javascript_flow")];
  await connection.defineTask(kind, { retryCount: 1 });
  await connection.define(name, [kind]);
  const started = [];
  for (const x of [0, 1, 2]) started.push(await connection.start(name, { input: { x } }));
  await until(async () => (await tasks.getQueueSizeForTask([kind]))[kind] === 3, "three tasks are queued");
  const first = await queues.poll(kind, "javascript-1");
  assert.deepEqual([first.workflowInstanceId, first.inputData], [started[0], { x: 0 }]);
  await tasks.addTaskLog(first.taskId, 'said "so" to {x}'); // Q5: with quotes
  assert.deepEqual((await tasks.getTaskLogs(first.taskId)).map((entry) => entry.log), ['said "so" to {x}']);
  await connection.workflows.updateTask(first.taskId, started[0], "FAILED", {});
  const retries = [];
  for (let count = 0; count < 3; count += 1) {
    const task = await connection.poll(kind);
    retries.push(task.retryCount ?? 0);
    await connection.workflows.updateTask(task.taskId, task.workflowInstanceId, "COMPLETED", {});
  }
  assert.deepEqual(retries.sort(), [0, 0, 1]);
  for (const identity of started) await until(async () => (await connection.status(identity)) === "COMPLETED", identity);
  assert.ok((await tasks.getTaskPollData(kind)).some((entry) => entry.workerId === "javascript"));
}

async function updates(connection) {
  const [kind, name] = [fresh("javascript_step"), fresh("javascript_flow")];
  await connection.define(name, [kind, kind, kind]);
  const identity = await connection.start(name);
  await connection.workflows.updateTaskByRefName("t0", identity, "COMPLETED", { n: 1 });
  const state = await connection.tasks.updateTaskSync(identity, "t1", "COMPLETED", { n: 2 });
  assert.deepEqual(statuses(state), ["COMPLETED", "COMPLETED", "SCHEDULED"]);
  const task = await connection.poll(kind);
  await connection.workflows.updateTask(task.taskId, identity, "IN_PROGRESS", { done: 50 });
  await connection.workflows.updateTask(task.taskId, identity, "COMPLETED", { done: 100 });
  await until(async () => (await connection.status(identity)) === "COMPLETED", "the workflow ends");
  assert.deepEqual((await connection.tasks.getTask(task.taskId)).outputData, { done: 100 });
}

async function steering(connection) {
  const { workflows } = connection;
  const [kind, name] = [fresh("javascript_step"), fresh("javascript_flow")];
  await connection.define(name, [kind, kind]);
  const identity = await connection.start(name);
  await workflows.pause(identity);
  assert.equal(await connection.status(identity), "PAUSED");
  await workflows.resume(identity);
  await workflows.terminate(identity, "not now");
  assert.equal((await workflows.getWorkflow(identity, false)).reasonForIncompletion, "not now");
  await workflows.restart(identity, true);
  const first = await connection.finish(kind);
  await connection.finish(kind, "FAILED_WITH_TERMINAL_ERROR");
  await until(async () => (await connection.status(identity)) === "FAILED", "it fails");
  await workflows.retry(identity, false);
  await connection.finish(kind);
  await until(async () => (await connection.status(identity)) === "COMPLETED", "it succeeds after a retry");
  await workflows.reRun(identity, { reRunFromTaskId: first, taskInput: { x: "again" } });
  assert.deepEqual((await connection.poll(kind)).inputData, { x: "again" });
  const skipped = await connection.start(name);
  await workflows.skipTasksFromWorkflow(skipped, "t1", { taskOutput: { a: 1 } });
  await connection.finish(kind);
  await until(async () => (await connection.status(skipped)) === "COMPLETED", "it ends without the skipped task");
  await workflows.deleteWorkflow(identity, false);
  await refused(workflows.getWorkflow(identity, false));
}

async function signals(connection) {
  const { workflows } = connection;
  const [kind, name] = [fresh("javascript_step"), fresh("javascript_signals")];
  const waits = ["first", "second"].map((reference) => ({ name: reference, taskReferenceName: reference, type: "WAIT" }));
  const work = { name: kind, taskReferenceName: "work", type: "SIMPLE" };
  await connection.define(name, [], { tasks: [...waits, work] });
  const run = await workflows.executeWorkflow({ name, version: 1, input: { x: 1 } }, name, 1, fresh("request"), "first");
  assert.deepEqual([run.status, run.input], ["RUNNING", { x: 1 }]);
  await workflows.signalAsync(run.workflowId, "COMPLETED", { n: 1 });
  const answer = await workflows.signal(run.workflowId, "COMPLETED", { n: 2 }, "TARGET_WORKFLOW");
  assert.deepEqual([answer.responseType, answer.workflowId], ["TARGET_WORKFLOW", run.workflowId]);
  const { tasks } = await workflows.getWorkflow(run.workflowId, true);
  assert.deepEqual(tasks.map((task) => task.status), ["COMPLETED", "COMPLETED", "SCHEDULED"]);
  assert.match(JSON.stringify(tasks.slice(0, 2).map((task) => task.outputData)), /"n":1.*"n":2/); // Q18: wrapped
  await connection.finish(kind);
  await until(async () => (await connection.status(run.workflowId)) === "COMPLETED", "the signalled workflow ends");
}

async function search(connection) {
  const [kind, name] = [fresh("javascript_step"), fresh("javascript_flow")];
  await connection.define(name, [kind]);
  for (const number of [0, 1, 2]) await connection.start(name, { correlationId: `${name}-${number}` });
  await connection.finish(kind);
  const found = (query, start = 0, size = 10) => connection.workflows.search(start, size, query, "*");
  const running = `workflowType = '${name}' AND status IN (RUNNING)`;
  await until(async () => (await found(running)).totalHits === 2, "two of three are found running");
  const page = await found(`workflowType = '${name}'`, 1, 1);
  assert.deepEqual([page.totalHits, page.results.length, page.results[0].workflowType], [3, 1, name]);
}

async function bulk(connection) {
  const name = fresh("javascript_flow");
  await connection.define(name, [fresh("javascript_step")]);
  const started = [await connection.start(name), await connection.start(name)].sort();
  const all = async (status) => {
    for (const identity of started) assert.equal(await connection.status(identity), status);
  };
  const answer = await connection.bulk.pauseWorkflow1([...started, "nothing"]);
  assert.deepEqual(answer.bulkSuccessfulResults.sort(), started);
  assert.deepEqual(Object.keys(answer.bulkErrorResults), ["nothing"]);
  await all("PAUSED");
  await connection.bulk.resumeWorkflow(started);
  await all("RUNNING");
  await connection.bulk.terminate(started, "all of them");
  await all("TERMINATED");
  await connection.bulk.restart(started, true);
  await all("RUNNING");
}

export const checks = {
  "workers: the SDK's own, with failure and retry": workers,
  "workers: poll, batch poll, update, logs, queue sizes": polling,
  "updates: by reference name, and in progress": updates,
  "executions: pause, resume, terminate, restart, retry, rerun, skip, delete": steering,
  "signals: execute and wait, signal, signal and wait": signals,
  "search: queries, totals, pages": search,
  "bulk: pause, resume, terminate, restart": bulk,
};
