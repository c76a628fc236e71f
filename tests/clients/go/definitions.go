package main

import (
	"strings"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
)

var definitions = []Check{
	{"metadata: task definitions", taskDefinitions},
	{"metadata: workflow definitions", workflowDefinitions},
	{"events: handlers", eventHandlers},
	{"errors: 400, 404 and 409 with their reasons", refusals},
}

func taskDefinitions(c *Connection) {
	name := fresh("go_step")
	definition := c.defineTask(name, 1)
	definition.RetryCount = 7
	done(c.metadata.UpdateTaskDef(ctx, definition))
	equal(answer(c.metadata.GetTaskDef(ctx, name)).RetryCount, int32(7))
	listed := false
	for _, stored := range answer(c.metadata.GetTaskDefs(ctx)) {
		listed = listed || stored.Name == name
	}
	equal(listed, true)
	done(c.metadata.UnregisterTaskDef(ctx, name))
	_, _, err := c.metadata.GetTaskDef(ctx, name)
	refused(404, err)
}

func workflowDefinitions(c *Connection) {
	name := fresh("go_flow")
	first := flow(name, 1, "go_step")
	done(c.metadata.RegisterWorkflowDef(ctx, false, first))
	done(c.metadata.RegisterWorkflowDef(ctx, true, flow(name, 2, "go_step", "go_step")))
	_, err := c.metadata.RegisterWorkflowDef(ctx, false, first)
	refused(409, err)
	first.Description = "changed"
	done(c.metadata.Update(ctx, []model.WorkflowDef{first}))
	one := client.MetadataResourceApiGetOpts{Version: optional.NewInt32(1)}
	equal(answer(c.metadata.Get(ctx, name, &one)).Description, "changed")
	latest := answer(c.metadata.Get(ctx, name, nil))
	equal(latest.Version, int32(2))
	equal(latest.Tasks[1].TaskReferenceName, "t1")
	versions := 0
	for _, stored := range answer(c.metadata.GetAll(ctx)) {
		if stored.Name == name {
			versions++
		}
	}
	equal(versions, 2)
	done(c.metadata.UnregisterWorkflowDef(ctx, name, 2))
	done(c.metadata.UnregisterWorkflowDef(ctx, name, 1))
	_, _, err = c.metadata.Get(ctx, name, nil)
	refused(404, err)
}

func eventHandlers(c *Connection) {
	name, event := fresh("go_handler"), "conductor:"+fresh("go_event")
	action := model.Action{Action: "start_workflow", StartWorkflow: &model.StartWorkflow{Name: "none", Version: 1}}
	handler := model.EventHandler{Name: name, Event: event, Active: true, Actions: []model.Action{action}}
	done(c.events.AddEventHandler(ctx, handler))
	found := answer(c.events.GetEventHandlersForEvent(ctx, event, nil))
	equal(len(found), 1)
	equal(found[0].Actions[0].Action, "start_workflow")
	handler.Condition = "true"
	done(c.events.UpdateEventHandler(ctx, handler))
	equal(answer(c.events.GetEventHandlersForEvent(ctx, event, nil))[0].Condition, "true")
	done(c.events.RemoveEventHandler(ctx, name))
	for _, stored := range answer(c.events.GetEventHandlers(ctx)) {
		equal(stored.Name == name, false)
	}
}

func refusals(c *Connection) {
	nothing := fresh("nothing")
	equal(c.exists(nothing), false)
	_, err := c.executor.GetTask(nothing)
	refused(404, err)
	_, err = c.executor.StartWorkflow(model.NewStartWorkflowRequest(nothing, 1, "", nil))
	equal(strings.Contains(refused(404, err), nothing), true)
	_, err = c.metadata.RegisterWorkflowDef(ctx, true, flow(fresh("go_empty"), 1))
	equal(strings.Contains(refused(400, err), "tasks"), true)
	running := c.start(c.define("go_step"), nil)
	refused(409, c.executor.Resume(running))
	ok(c.executor.Terminate(running, "seen enough"))
}
