package main

import (
	"fmt"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
)

var schedules = []Check{
	{"schedules: save, fire, pause, resume, delete, next times", scheduling},
}

const everySecond = "* * * * * *"

// Q16: this SDK pauses and resumes by GET.
func scheduling(c *Connection) {
	flow, name := c.define(fresh("go_step")), fresh("go_schedule")
	request := model.NewStartWorkflowRequest(flow, 1, "", map[string]any{"x": 1})
	answer(c.schedules.SaveSchedule(ctx, model.SaveScheduleRequest{
		Name: name, CronExpression: everySecond, StartWorkflowRequest: request,
	}))
	equal(answer(c.schedules.GetSchedule(ctx, name)).CronExpression, everySecond)
	ofFlow := client.SchedulerResourceApiGetAllSchedulesOpts{WorkflowName: optional.NewString(flow)}
	equal(len(answer(c.schedules.GetAllSchedules(ctx, &ofFlow))), 1)
	until("the schedule fires", func() bool {
		return len(must(c.executor.Search(0, 5, fmt.Sprintf("workflowType = '%s'", flow), "*"))) > 0
	})
	answer(c.schedules.PauseSchedule(ctx, name))
	equal(answer(c.schedules.GetSchedule(ctx, name)).Paused, true)
	answer(c.schedules.ResumeSchedule(ctx, name))
	equal(answer(c.schedules.GetSchedule(ctx, name)).Paused, false)
	answer(c.schedules.DeleteSchedule(ctx, name))
	equal(len(answer(c.schedules.GetAllSchedules(ctx, &ofFlow))), 0)
	three := client.SchedulerResourceApiGetNextFewSchedulesOpts{Limit: optional.NewInt32(3)}
	times := answer(c.schedules.GetNextFewSchedules(ctx, "0 0 12 * * ?", &three))
	equal([]int64{times[1] - times[0], times[2] - times[1]}, []int64{86_400_000, 86_400_000})
	_, _, err := c.schedules.GetNextFewSchedules(ctx, "no cron", nil)
	refused(400, err)
}
