package main

import (
	"errors"
	"time"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
	"github.com/conductor-sdk/conductor-go/sdk/worker"
)

var executions = []Check{
	{"workers: the SDK's own, with failure and retry", workers},
	{"workers: poll, batch poll, update, logs, queue sizes", polling},
	{"updates: by reference name, and in progress", updates},
	{"executions: pause, resume, terminate, restart, retry, rerun, skip, remove", steering},
	{"signals: execute and wait, WAIT tasks completed by name", signals},
}

func workers(c *Connection) {
	add, flaky, doomed := fresh("go_add"), fresh("go_flaky"), fresh("go_doomed")
	c.defineTask(add, 0)
	c.defineTask(flaky, 1)
	c.defineTask(doomed, 3)
	functions := map[string]model.ExecuteTaskFunction{
		add: func(task *model.Task) (any, error) {
			return map[string]any{"sum": task.InputData["x"].(float64) + 1}, nil
		},
		flaky: func(task *model.Task) (any, error) {
			if task.RetryCount == 0 {
				return nil, errors.New("not the first time")
			}
			return map[string]any{"n": task.RetryCount}, nil
		},
		doomed: func(*model.Task) (any, error) {
			return nil, model.NewNonRetryableError(errors.New("cannot be done"))
		},
	}
	runner := worker.NewTaskRunnerWithApiClient(c.api)
	for kind, function := range functions {
		ok(runner.StartWorker(kind, function, 2, 20*time.Millisecond))
		defer runner.Shutdown(kind)
	}
	good, bad := c.start(c.define(add, flaky), map[string]any{"x": 4}), c.start(c.define(doomed), nil)
	c.ends(good, model.CompletedWorkflow)
	c.ends(bad, model.FailedWorkflow)
	equal(must(c.executor.GetWorkflow(good, true)).Tasks[0].OutputData["sum"], 5.0)
	equal(c.statuses(good), []string{"COMPLETED", "FAILED", "COMPLETED"})
	equal(c.statuses(bad), []string{"FAILED_WITH_TERMINAL_ERROR"})
	equal(must(c.executor.GetWorkflow(bad, true)).Tasks[0].ReasonForIncompletion, "cannot be done")
}

func polling(c *Connection) {
	kind := fresh("go_step")
	c.defineTask(kind, 1)
	name := c.define(kind)
	var started []string
	for x := range 3 {
		started = append(started, c.start(name, map[string]any{"x": x}))
	}
	until("three tasks are queued", func() bool {
		return answer(c.tasks.All(ctx))[kind] == 3
	})
	options := client.TaskResourceApiPollOpts{Workerid: optional.NewString("go-1")}
	first := answer(c.tasks.Poll(ctx, kind, &options))
	equal([]any{first.WorkflowInstanceId, first.InputData["x"], first.WorkerId}, []any{started[0], 0.0, "go-1"})
	done(c.tasks.Log(ctx, `said "so" to {x}`, first.TaskId))
	equal(len(answer(c.tasks.GetTaskLogs(ctx, first.TaskId))), 1)
	ok(c.executor.UpdateTask(first.TaskId, started[0], model.FailedTask, map[string]any{}))
	retries := int32(0)
	for range 3 {
		task := c.poll(kind)
		retries += task.RetryCount
		ok(c.executor.UpdateTask(task.TaskId, task.WorkflowInstanceId, model.CompletedTask, map[string]any{"n": 1}))
	}
	equal(retries, int32(1))
	for _, workflowId := range started {
		c.ends(workflowId, model.CompletedWorkflow)
	}
	equal(len(answer(c.tasks.GetPollData(ctx, kind))) > 0, true)
}

func updates(c *Connection) {
	kind := fresh("go_step")
	workflowId := c.start(c.define(kind, kind), nil)
	ok(c.executor.UpdateTaskByRefName("t0", workflowId, model.CompletedTask, map[string]any{"n": 1}))
	task := c.poll(kind)
	ok(c.executor.UpdateTask(task.TaskId, workflowId, model.InProgressTask, map[string]any{"done": 50}))
	equal(string(must(c.executor.GetTask(task.TaskId)).Status), "SCHEDULED")
	ok(c.executor.UpdateTask(task.TaskId, workflowId, model.CompletedTask, map[string]any{"done": 100}))
	c.ends(workflowId, model.CompletedWorkflow)
	equal(must(c.executor.GetTask(task.TaskId)).OutputData, map[string]any{"done": 100.0})
	state := must(c.executor.GetWorkflowStatus(workflowId, true, true))
	equal(string(state.Status), "COMPLETED")
}

func steering(c *Connection) {
	kind := fresh("go_step")
	name := c.define(kind, kind)
	workflowId := c.start(name, nil)
	ok(c.executor.Pause(workflowId))
	equal(c.status(workflowId), model.PausedWorkflow)
	ok(c.executor.Resume(workflowId))
	ok(c.executor.Terminate(workflowId, "not now"))
	equal(must(c.executor.GetWorkflow(workflowId, false)).ReasonForIncompletion, "not now")
	ok(c.executor.Restart(workflowId, true))
	first := c.finish(kind, model.CompletedTask, map[string]any{})
	c.finish(kind, model.FailedWithTerminalErrorTask, map[string]any{})
	c.ends(workflowId, model.FailedWorkflow)
	ok(c.executor.Retry(workflowId, false))
	c.finish(kind, model.CompletedTask, map[string]any{})
	c.ends(workflowId, model.CompletedWorkflow)
	again := model.RerunWorkflowRequest{ReRunFromTaskId: first, TaskInput: map[string]any{"x": "again"}}
	equal(must(c.executor.ReRun(workflowId, again)), workflowId)
	equal(c.poll(kind).InputData, map[string]any{"x": "again"})
	skipped := c.start(name, nil)
	ok(c.executor.SkipTasksFromWorkflow(skipped, "t1", model.SkipTaskRequest{TaskOutput: map[string]any{"a": 1}}))
	c.finish(kind, model.CompletedTask, map[string]any{})
	c.ends(skipped, model.CompletedWorkflow)
	equal(c.statuses(skipped), []string{"COMPLETED", "SKIPPED"})
	ok(c.executor.RemoveWorkflow(workflowId))
	equal(c.exists(workflowId), false)
}

// This SDK has no call for signals yet; what waits is completed by its reference name.
func signals(c *Connection) {
	definition := flow(fresh("go_signals"), 1, fresh("go_step"))
	wait := model.WorkflowTask{Name: "wait", TaskReferenceName: "wait", Type_: "WAIT"}
	definition.Tasks = append([]model.WorkflowTask{wait}, definition.Tasks...)
	done(c.metadata.RegisterWorkflowDef(ctx, true, definition))
	request := model.NewStartWorkflowRequest(definition.Name, 1, "", map[string]any{"x": 1})
	waited := must(c.executor.ExecuteWorkflow(request, "wait"))
	equal([]any{waited.Status, waited.Input["x"]}, []any{"RUNNING", 1.0})
	ok(c.executor.UpdateTaskByRefName("wait", waited.WorkflowId, model.CompletedTask, map[string]any{"n": 1}))
	equal(c.statuses(waited.WorkflowId), []string{"COMPLETED", "SCHEDULED"})
}
