package acceptance;

import static acceptance.Check.equal;
import static acceptance.Check.fresh;
import static acceptance.Check.refused;
import static acceptance.Check.until;

import com.netflix.conductor.client.automator.TaskRunnerConfigurer;
import com.netflix.conductor.client.worker.Worker;
import com.netflix.conductor.common.metadata.tasks.Task;
import com.netflix.conductor.common.metadata.tasks.TaskResult;
import com.netflix.conductor.common.metadata.workflow.RerunWorkflowRequest;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.common.run.Workflow;
import com.netflix.conductor.common.run.Workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.conductoross.conductor.common.model.ReturnStrategy;
import org.conductoross.conductor.common.model.SignalResponse;
import org.conductoross.conductor.common.model.WorkflowRun;

/** Executions: run by the SDK's workers, polled and updated by hand, steered and signalled. */
final class Executions {

    static void add(Map<String, Check> checks) {
        checks.put("workers: the SDK's own, with failure and retry", Executions::workers);
        checks.put("workers: poll, batch poll, update, logs, queue sizes", Executions::polling);
        checks.put("updates: by reference name, version 2, and in progress", Executions::updates);
        checks.put("executions: pause, resume, terminate, restart, retry, rerun, skip, delete", Executions::steering);
        checks.put("signals: execute and wait, signal, signal and wait", Executions::signals);
    }

    private static void workers(Connection c) throws InterruptedException {
        String add = fresh("java_add");
        String flaky = fresh("java_flaky");
        String doomed = fresh("java_doomed");
        c.defineTask(add, 0);
        c.defineTask(flaky, 1);
        c.defineTask(doomed, 3);
        List<Worker> workers = List.of(
                Worker.create(add, task -> completed(task).addOutputData("sum", (Integer) task.getInputData().get("x") + 1)
                        .log("added one")),
                Worker.create(flaky, task -> {
                    if (task.getRetryCount() == 0) {
                        throw new IllegalStateException("not the first time");
                    }
                    return completed(task);
                }),
                Worker.create(doomed, task -> {
                    TaskResult result = new TaskResult(task);
                    result.setStatus(TaskResult.Status.FAILED_WITH_TERMINAL_ERROR);
                    result.setReasonForIncompletion("cannot be done");
                    return result;
                }));
        // Without a number of threads this runner never polls, and does not say so.
        TaskRunnerConfigurer runner = new TaskRunnerConfigurer.Builder(c.tasks, workers)
                .withThreadCount(2).withSleepWhenRetry(20).withShutdownGracePeriodSeconds(2).build();
        runner.init();
        try {
            String good = c.start(c.define(fresh("java_workers"), 1, add, flaky).getName(), Map.of("x", 4));
            String bad = c.start(c.define(fresh("java_hopeless"), 1, doomed).getName(), Map.of());
            c.ends(good, WorkflowStatus.COMPLETED);
            c.ends(bad, WorkflowStatus.FAILED);
            Task added = c.workflows.getWorkflow(good, true).getTasks().get(0);
            equal(added.getOutputData().get("sum"), 5);
            equal(c.tasks.getTaskLogs(added.getTaskId()).get(0).getLog(), "added one");
            equal(c.statuses(good), List.of("COMPLETED", "FAILED", "COMPLETED"));
            equal(c.statuses(bad), List.of("FAILED_WITH_TERMINAL_ERROR"));
        } finally {
            runner.shutdown();
        }
    }

    private static TaskResult completed(Task task) {
        TaskResult result = new TaskResult(task);
        result.setStatus(TaskResult.Status.COMPLETED);
        return result;
    }

    private static void polling(Connection c) throws InterruptedException {
        String kind = fresh("java_step");
        c.defineTask(kind, 1);
        String name = c.define(fresh("java_flow"), 1, kind).getName();
        List<String> started = new ArrayList<>();
        for (int x = 0; x < 3; x++) {
            started.add(c.start(name, Map.of("x", x)));
        }
        until("three tasks are queued", () -> c.tasks.getQueueSizeForTask(kind) == 3);
        Task first = c.tasks.pollTask(kind, "java-1", null);
        equal(List.of(first.getWorkflowInstanceId(), first.getInputData(), first.getWorkerId()),
                List.of(started.get(0), Map.of("x", 0), "java-1"));
        c.tasks.logMessageForTask(first.getTaskId(), "said so");
        equal(c.tasks.getTaskLogs(first.getTaskId()).size(), 1);
        c.report(first, TaskResult.Status.FAILED, Map.of());
        int retries = 0;
        for (int count = 0; count < 3; count++) {
            Task task = c.poll(kind);
            retries += task.getRetryCount();
            c.report(task, TaskResult.Status.COMPLETED, Map.of("n", count));
        }
        equal(retries, 1);
        for (String workflowId : started) {
            c.ends(workflowId, WorkflowStatus.COMPLETED);
        }
        equal(c.tasks.getPollData(kind).isEmpty(), false);
        equal(c.tasks.getTaskDetails(first.getTaskId()).getStatus(), Task.Status.FAILED);
    }

    private static void updates(Connection c) throws InterruptedException {
        String kind = fresh("java_step");
        String workflowId = c.start(c.define(fresh("java_flow"), 1, kind, kind, kind, kind).getName(), Map.of());
        c.tasks.updateTask(workflowId, "t0", TaskResult.Status.COMPLETED, Map.of("n", 1));
        Workflow state = c.tasks.updateTaskSync(workflowId, "t1", TaskResult.Status.COMPLETED, Map.of("n", 2));
        equal(state.getTasks().size(), 3);
        Task task = c.poll(kind);
        c.report(task, TaskResult.Status.IN_PROGRESS, Map.of("done", 50));
        Task next = c.tasks.updateTaskV2(completed(task));
        equal(next.getReferenceTaskName(), "t3");
        equal(c.tasks.updateTaskV2(completed(next)), null);
        c.ends(workflowId, WorkflowStatus.COMPLETED);
    }

    private static void steering(Connection c) throws InterruptedException {
        String kind = fresh("java_step");
        String name = c.define(fresh("java_flow"), 1, kind, kind).getName();
        String workflowId = c.start(name, Map.of());
        c.workflows.pauseWorkflow(workflowId);
        equal(c.status(workflowId), WorkflowStatus.PAUSED);
        c.workflows.resumeWorkflow(workflowId);
        c.workflows.terminateWorkflow(workflowId, "not now");
        equal(c.workflows.getWorkflow(workflowId, false).getReasonForIncompletion(), "not now");
        c.workflows.restart(workflowId, true);
        String first = c.finish(kind, TaskResult.Status.COMPLETED);
        c.finish(kind, TaskResult.Status.FAILED_WITH_TERMINAL_ERROR);
        c.ends(workflowId, WorkflowStatus.FAILED);
        c.workflows.retryLastFailedTask(workflowId);
        c.finish(kind, TaskResult.Status.COMPLETED);
        c.ends(workflowId, WorkflowStatus.COMPLETED);
        RerunWorkflowRequest again = new RerunWorkflowRequest();
        again.setReRunFromTaskId(first);
        again.setTaskInput(Map.of("x", "again"));
        equal(c.workflows.rerunWorkflow(workflowId, again), workflowId);
        equal(c.poll(kind).getInputData(), Map.of("x", "again"));
        String skipped = c.start(name, Map.of());
        c.workflows.skipTaskFromWorkflow(skipped, "t1");
        c.finish(kind, TaskResult.Status.COMPLETED);
        c.ends(skipped, WorkflowStatus.COMPLETED);
        equal(c.statuses(skipped), List.of("COMPLETED", "SKIPPED"));
        c.workflows.deleteWorkflow(workflowId, false);
        refused(404, () -> c.workflows.getWorkflow(workflowId, false));
    }

    private static void signals(Connection c) throws Exception {
        WorkflowDef definition = Connection.definition(fresh("java_signals"), 1, fresh("java_step"));
        List<WorkflowTask> nodes = new ArrayList<>(List.of(waiting("first"), waiting("second")));
        nodes.addAll(definition.getTasks());
        definition.setTasks(nodes);
        c.metadata.registerWorkflowDef(definition);
        WorkflowRun run = c.workflows.executeWorkflow(
                Connection.request(definition.getName(), Map.of("x", 1), null), "first", 5).get(30, TimeUnit.SECONDS);
        equal(List.of(run.getStatus(), run.getInput()), List.of(WorkflowStatus.RUNNING, Map.of("x", 1)));
        c.tasks.signalAsync(run.getWorkflowId(), Task.Status.COMPLETED, Map.of("n", 1));
        SignalResponse answer = c.tasks.signal(
                run.getWorkflowId(), Task.Status.COMPLETED, Map.of("n", 2), ReturnStrategy.TARGET_WORKFLOW);
        equal(List.of(answer.getResponseType(), answer.getWorkflowId()),
                List.of(ReturnStrategy.TARGET_WORKFLOW, run.getWorkflowId()));
        equal(c.statuses(run.getWorkflowId()), List.of("COMPLETED", "COMPLETED", "SCHEDULED"));
    }

    private static WorkflowTask waiting(String reference) {
        WorkflowTask node = new WorkflowTask();
        node.setName(reference);
        node.setTaskReferenceName(reference);
        node.setType("WAIT");
        return node;
    }
}
