package acceptance;

import static acceptance.Check.equal;
import static acceptance.Check.fresh;
import static acceptance.Check.until;

import com.netflix.conductor.common.metadata.tasks.TaskResult;
import com.netflix.conductor.common.model.BulkResponse;
import com.netflix.conductor.common.run.SearchResult;
import com.netflix.conductor.common.run.Workflow.WorkflowStatus;
import com.netflix.conductor.common.run.WorkflowSummary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finding executions, and moving many of them at once. */
final class Finding {

    static void add(Map<String, Check> checks) {
        checks.put("search: queries, totals, pages, correlation ids", Finding::search);
        checks.put("bulk: pause, resume, terminate, restart, retry", Finding::bulk);
    }

    private static void search(Connection c) throws InterruptedException {
        String kind = fresh("java_step");
        String name = c.define(fresh("java_flow"), 1, kind).getName();
        for (int number = 0; number < 3; number++) {
            c.start(name, Map.of(), name + number % 2);
        }
        c.finish(kind, TaskResult.Status.COMPLETED);
        String running = "workflowType = '" + name + "' AND status IN (RUNNING)";
        until("two of three are found running", () -> c.workflows.search(running).getTotalHits() == 2);
        SearchResult<WorkflowSummary> page = c.workflows.search(1, 1, "", "*", "workflowType = '" + name + "'");
        equal(List.of(page.getTotalHits(), page.getResults().size()), List.of(3L, 1));
        equal(page.getResults().get(0).getWorkflowType(), name);
        equal(c.workflows.getWorkflows(name, name + 0, true, false).size(), 2);
        equal(c.workflows.getRunningWorkflow(name, 1).size(), 2);
    }

    private static void bulk(Connection c) {
        String name = c.define(fresh("java_flow"), 1, fresh("java_step")).getName();
        List<String> started = List.of(c.start(name, Map.of()), c.start(name, Map.of()));
        List<String> withNothing = new ArrayList<>(started);
        withNothing.add("nothing");
        BulkResponse<?> answer = c.workflows.pauseWorkflows(withNothing);
        equal(new HashSet<>(answer.getBulkSuccessfulResults()), Set.copyOf(started));
        equal(answer.getBulkErrorResults().keySet(), Set.of("nothing"));
        all(c, started, WorkflowStatus.PAUSED);
        c.workflows.resumeWorkflows(started);
        all(c, started, WorkflowStatus.RUNNING);
        c.workflows.terminateWorkflows(started, "all of them");
        all(c, started, WorkflowStatus.TERMINATED);
        c.workflows.restartWorkflows(started, true);
        all(c, started, WorkflowStatus.RUNNING);
        c.workflows.terminateWorkflows(started, "once more");
        c.workflows.retryWorkflows(started);
        all(c, started, WorkflowStatus.RUNNING);
    }

    private static void all(Connection c, List<String> workflowIds, WorkflowStatus status) {
        for (String workflowId : workflowIds) {
            equal(c.status(workflowId), status);
        }
    }
}
