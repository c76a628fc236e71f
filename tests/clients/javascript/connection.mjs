// The SDK's clients of one server, and the few steps of every story.

import { OrkesClients, noopLogger, orkesConductorClient } from "@io-orkes/conductor-javascript";

export class Connection {
  /** Where the server is, and with which key, the SDK reads from its own environment variables (CONDUCTOR_...). */
  static async open() {
    console.warn = () => {}; // the SDK announces each use of its older, complete interface
    const connection = new Connection();
    const client = await orkesConductorClient({ logger: noopLogger });
    const clients = new OrkesClients(client);
    return Object.assign(connection, {
      client,
      metadata: clients.getMetadataClient(),
      workflows: clients.getWorkflowClient(),
      tasks: clients.getTaskClient(),
      events: clients.getEventClient(),
      schedules: clients.getSchedulerClient(),
      bulk: client.workflowBulkResource,
      queues: client.taskResource,
    });
  }

  /** Register a workflow of worker tasks, whose reference names are t0, t1 ... */
  async define(name, kinds, fields = {}) {
    const tasks = kinds.map((kind, index) => ({
      name: kind,
      taskReferenceName: `t${index}`,
      type: "SIMPLE",
      inputParameters: { x: "${workflow.input.x}" },
    }));
    const definition = { name, version: 1, schemaVersion: 2, timeoutSeconds: 0, tasks, ...fields };
    await this.metadata.registerWorkflowDef(definition, true);
    return definition;
  }

  /** Register a task definition that tries again at once. */
  async defineTask(name, fields = {}) {
    const definition = { name, retryDelaySeconds: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60, ...fields };
    await this.metadata.registerTask(definition);
    return definition;
  }

  start(name, fields = {}) {
    return this.workflows.startWorkflow({ name, version: 1, ...fields });
  }

  /** The next task of a type; there has to be one. */
  async poll(kind) {
    const tasks = await this.queues.batchPoll(kind, "javascript", undefined, 1, 3000);
    if (tasks.length !== 1) throw new Error(`nothing to poll of ${kind}`);
    return tasks[0];
  }

  /** Poll a task and report a result; the answer is the task's id. */
  async finish(kind, status = "COMPLETED", output = {}) {
    const task = await this.poll(kind);
    await this.workflows.updateTask(task.taskId, task.workflowInstanceId, status, output);
    return task.taskId;
  }

  async status(workflowId) {
    return (await this.workflows.getWorkflow(workflowId, false)).status;
  }
}
