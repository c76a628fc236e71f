package main

import (
	"fmt"
	"sort"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
)

var finding = []Check{
	{"search: queries, totals, pages, correlation ids", search},
	{"bulk: pause, resume, terminate, restart, retry", bulk},
}

func search(c *Connection) {
	kind := fresh("go_step")
	name := c.define(kind)
	for number := range 3 {
		must(c.executor.StartWorkflow(model.NewStartWorkflowRequest(name, 1, fmt.Sprint(name, number%2), nil)))
	}
	c.finish(kind, model.CompletedTask, map[string]any{})
	found := func(query string, start, size int32) model.SearchResultWorkflowSummary {
		options := client.WorkflowResourceApiSearchOpts{
			Start: optional.NewInt32(start), Size: optional.NewInt32(size), Query: optional.NewString(query),
		}
		return answer(c.workflows.Search(ctx, &options))
	}
	until("two of three are found running", func() bool {
		return found(fmt.Sprintf("workflowType = '%s' AND status IN (RUNNING)", name), 0, 10).TotalHits == 2
	})
	page := found(fmt.Sprintf("workflowType = '%s'", name), 1, 1)
	equal([]any{page.TotalHits, len(page.Results), page.Results[0].WorkflowType}, []any{int64(3), 1, name})
	related := must(c.executor.GetByCorrelationIds(name, true, false, name+"0"))
	equal(len(related[name+"0"]), 2)
}

func bulk(c *Connection) {
	name := c.define(fresh("go_step"))
	started := []string{c.start(name, nil), c.start(name, nil)}
	sort.Strings(started)
	all := func(status model.WorkflowStatus) {
		for _, workflowId := range started {
			equal(c.status(workflowId), status)
		}
	}
	outcome := answer(c.bulk.PauseWorkflow1(ctx, append([]string{"nothing"}, started...)))
	sort.Strings(outcome.BulkSuccessfulResults)
	equal(outcome.BulkSuccessfulResults, started)
	equal(len(outcome.BulkErrorResults), 1)
	all(model.PausedWorkflow)
	answer(c.bulk.ResumeWorkflow(ctx, started))
	all(model.RunningWorkflow)
	answer(c.bulk.Terminate(ctx, started, nil))
	all(model.TerminatedWorkflow)
	answer(c.bulk.Restart(ctx, started, nil))
	all(model.RunningWorkflow)
	answer(c.bulk.Terminate(ctx, started, nil))
	answer(c.bulk.Retry1(ctx, started))
	all(model.RunningWorkflow)
}
