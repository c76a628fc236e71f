// Schedules: kept, fired, paused, resumed and deleted.

import assert from "node:assert/strict";

import { fresh, refused, until } from "./checking.mjs";

const EVERY_SECOND = "* * * * * *";

async function schedules(connection) {
  const client = connection.schedules;
  const [flow, name] = [fresh("javascript_flow"), fresh("javascript_schedule")];
  await connection.define(flow, [fresh("javascript_step")]);
  const startWorkflowRequest = { name: flow, version: 1, input: { x: 1 } };
  await client.saveSchedule({ name, cronExpression: EVERY_SECOND, startWorkflowRequest });
  assert.equal((await client.getSchedule(name)).cronExpression, EVERY_SECOND);
  assert.deepEqual((await client.getAllSchedules(flow)).map((schedule) => schedule.name), [name]);
  const fired = async () => (await connection.workflows.search(0, 5, `workflowType = '${flow}'`, "*")).totalHits > 0;
  await until(fired, "the schedule fires");
  await client.pauseSchedule(name);
  assert.equal((await client.getSchedule(name)).paused, true);
  await client.resumeSchedule(name);
  assert.ok(!(await client.getSchedule(name)).paused);
  await client.deleteSchedule(name);
  assert.deepEqual(await client.getAllSchedules(flow), []);
  const times = await client.getNextFewSchedules("0 0 12 * * ?", undefined, undefined, 3);
  assert.deepEqual([times[1] - times[0], times[2] - times[1]], [86400000, 86400000]);
  await refused(client.getNextFewSchedules("no cron"));
}

export const checks = { "schedules: save, fire, pause, resume, delete, next times": schedules };
