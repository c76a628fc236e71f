package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
	"github.com/conductor-sdk/conductor-go/sdk/workflow/executor"
)

var ctx = context.Background()

// Connection holds the SDK's clients of one server. Where it is, and with which key, the SDK reads from its own
// environment variables (CONDUCTOR_...).
type Connection struct {
	api       *client.APIClient
	metadata  client.MetadataClient
	tasks     client.TaskClient
	workflows client.WorkflowClient
	events    client.EventHandlerClient
	bulk      client.WorkflowBulkClient
	schedules client.SchedulerClient
	executor  *executor.WorkflowExecutor
}

func connect() *Connection {
	api := client.NewAPIClientFromEnv()
	return &Connection{
		api:       api,
		metadata:  client.NewMetadataClient(api),
		tasks:     client.NewTaskClient(api),
		workflows: client.NewWorkflowClient(api),
		events:    client.NewEventHandlerClient(api),
		bulk:      client.NewWorkflowBulkClient(api),
		schedules: client.NewSchedulerClient(api),
		executor:  executor.NewWorkflowExecutor(api),
	}
}

// flow is a definition of worker tasks, whose reference names are t0, t1 ...
func flow(name string, version int32, kinds ...string) model.WorkflowDef {
	tasks := make([]model.WorkflowTask, len(kinds))
	for index, kind := range kinds {
		tasks[index] = model.WorkflowTask{
			Name:              kind,
			TaskReferenceName: fmt.Sprintf("t%d", index),
			Type_:             "SIMPLE",
			InputParameters:   map[string]any{"x": "${workflow.input.x}"},
		}
	}
	return model.WorkflowDef{Name: name, Version: version, SchemaVersion: 2, Restartable: true, Tasks: tasks}
}

// define registers such a definition under a fresh name.
func (c *Connection) define(kinds ...string) string {
	definition := flow(fresh("go_flow"), 1, kinds...)
	done(c.metadata.RegisterWorkflowDef(ctx, true, definition))
	return definition.Name
}

// defineTask registers a task definition that tries again after a second, the shortest delay that this SDK can say.
func (c *Connection) defineTask(name string, retries int32) model.TaskDef {
	definition := model.TaskDef{Name: name, RetryCount: retries, RetryDelaySeconds: 1, ResponseTimeoutSeconds: 60}
	done(c.metadata.RegisterTaskDef(ctx, []model.TaskDef{definition}))
	return definition
}

func (c *Connection) start(name string, input any) string {
	return must(c.executor.StartWorkflow(model.NewStartWorkflowRequest(name, 1, "", input)))
}

// poll is the next task of a type; there has to be one.
func (c *Connection) poll(kind string) model.Task {
	options := client.TaskResourceApiBatchPollOpts{
		Workerid: optional.NewString("go"), Count: optional.NewInt32(1), Timeout: optional.NewInt32(3000),
	}
	polled := answer(c.tasks.BatchPoll(ctx, kind, &options))
	if len(polled) != 1 {
		panic(problem{"nothing to poll of " + kind})
	}
	return polled[0]
}

// finish polls a task and reports a result; it returns the task's id.
func (c *Connection) finish(kind string, status model.TaskResultStatus, output any) string {
	task := c.poll(kind)
	ok(c.executor.UpdateTask(task.TaskId, task.WorkflowInstanceId, status, output))
	return task.TaskId
}

func (c *Connection) status(workflowId string) model.WorkflowStatus {
	return must(c.executor.GetWorkflow(workflowId, false)).Status
}

// exists asks for an execution; of a 404 the SDK makes an error of its own.
func (c *Connection) exists(workflowId string) bool {
	_, err := c.executor.GetWorkflow(workflowId, false)
	if err != nil && !strings.Contains(err.Error(), "no such workflow") {
		panic(problem{err.Error()})
	}
	return err == nil
}

// ends waits for a status.
func (c *Connection) ends(workflowId string, status model.WorkflowStatus) {
	until(workflowId+" is "+string(status), func() bool { return c.status(workflowId) == status })
}

// statuses are those of an execution's tasks.
func (c *Connection) statuses(workflowId string) []string {
	var found []string
	for _, task := range must(c.executor.GetWorkflow(workflowId, true)).Tasks {
		found = append(found, string(task.Status))
	}
	return found
}
