// Definitions, event handlers, and what the server says to requests that make no sense.

import assert from "node:assert/strict";

import { fresh, refused } from "./checking.mjs";

async function taskDefinitions({ metadata }) {
  const name = fresh("javascript_step");
  const definition = { name, retryCount: 1, timeoutSeconds: 0, responseTimeoutSeconds: 60 };
  await metadata.registerTask(definition);
  await metadata.updateTask({ ...definition, retryCount: 7 });
  assert.equal((await metadata.getTask(name)).retryCount, 7);
  assert.ok((await metadata.getAllTaskDefs()).some((stored) => stored.name === name));
  await metadata.unregisterTask(name);
  assert.match(await refused(metadata.getTask(name)), new RegExp(name));
}

async function workflowDefinitions(connection) {
  const { metadata } = connection;
  const name = fresh("javascript_flow");
  const first = await connection.define(name, ["javascript_step"]);
  await connection.define(name, ["javascript_step", "javascript_step"], { version: 2 });
  assert.match(await refused(metadata.registerWorkflowDef(first, false)), /exists/);
  await metadata.registerWorkflowDef({ ...first, description: "changed" }, true);
  assert.equal((await metadata.getWorkflowDef(name, 1)).description, "changed");
  const latest = await metadata.getWorkflowDef(name); // Q19: an empty version
  assert.deepEqual([latest.version, latest.tasks.length], [2, 2]);
  const versions = (await metadata.getAllWorkflowDefs()).filter((stored) => stored.name === name);
  assert.equal(versions.length, 2);
  await metadata.unregisterWorkflow(name, 2);
  await metadata.unregisterWorkflow(name, 1);
  assert.match(await refused(metadata.getWorkflowDef(name)), new RegExp(name));
}

async function eventHandlers({ events }) {
  const [name, event] = [fresh("javascript_handler"), `conductor:${fresh("javascript_event")}`];
  const actions = [{ action: "start_workflow", start_workflow: { name: "none", version: 1 } }];
  const handler = { name, event, active: true, actions };
  await events.addEventHandler(handler); // Q17: sends a list of one
  const found = await events.getEventHandlersForEvent(event, true);
  assert.deepEqual(found.map((one) => [one.name, one.actions[0].action]), [[name, "start_workflow"]]);
  await events.updateEventHandler({ ...handler, active: false });
  assert.deepEqual(await events.getEventHandlersForEvent(event, true), []);
  assert.ok((await events.getAllEventHandlers()).some((one) => one.name === name));
  await events.removeEventHandler(name);
  assert.ok(!(await events.getAllEventHandlers()).some((one) => one.name === name));
}

async function errors(connection) {
  const { workflows, metadata, tasks } = connection;
  const nothing = fresh("nothing");
  assert.match(await refused(workflows.getWorkflow(nothing, true)), new RegExp(nothing));
  assert.match(await refused(tasks.getTask(nothing)), new RegExp(nothing));
  assert.match(await refused(workflows.startWorkflow({ name: nothing })), new RegExp(nothing));
  const empty = { name: fresh("javascript_empty"), version: 1, tasks: [] };
  assert.match(await refused(metadata.registerWorkflowDef(empty, true)), /Validation failed/);
  const name = fresh("javascript_flow");
  await connection.define(name, ["javascript_step"]);
  const running = await connection.start(name);
  await refused(workflows.resume(running));
  await workflows.terminate(running, "seen enough");
}

export const checks = {
  "metadata: task definitions": taskDefinitions,
  "metadata: workflow definitions": workflowDefinitions,
  "events: handlers": eventHandlers,
  "errors: with their reasons": errors,
};
