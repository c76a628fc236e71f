package acceptance;

import com.netflix.conductor.client.http.EventClient;
import com.netflix.conductor.client.http.MetadataClient;
import com.netflix.conductor.client.http.TaskClient;
import com.netflix.conductor.client.http.WorkflowClient;
import com.netflix.conductor.common.metadata.tasks.Task;
import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.tasks.TaskResult;
import com.netflix.conductor.common.metadata.workflow.StartWorkflowRequest;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.common.run.Workflow;
import io.orkes.conductor.client.ApiClient;
import io.orkes.conductor.client.OrkesClients;
import io.orkes.conductor.client.SchedulerClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The SDK's clients of one server, and the few steps of every story. */
final class Connection {

    /** Where the server is, and with which key, the SDK reads from its own environment variables (CONDUCTOR_...). */
    private final ApiClient api = ApiClient.builder().useEnvVariables(true).build();

    final MetadataClient metadata = new MetadataClient(api);
    final WorkflowClient workflows = new WorkflowClient(api);
    final TaskClient tasks = new TaskClient(api);
    final EventClient events = new EventClient(api);
    final SchedulerClient schedules = new OrkesClients(api).getSchedulerClient();

    /** Register a workflow of worker tasks, whose reference names are t0, t1 ... */
    WorkflowDef define(String name, int version, String... kinds) {
        WorkflowDef definition = definition(name, version, kinds);
        metadata.updateWorkflowDefs(List.of(definition));
        return definition;
    }

    static WorkflowDef definition(String name, int version, String... kinds) {
        List<WorkflowTask> nodes = new ArrayList<>();
        for (String kind : kinds) {
            WorkflowTask node = new WorkflowTask();
            node.setName(kind);
            node.setTaskReferenceName("t" + nodes.size());
            node.setType("SIMPLE");
            node.setInputParameters(Map.of("x", "${workflow.input.x}"));
            nodes.add(node);
        }
        WorkflowDef definition = new WorkflowDef();
        definition.setName(name);
        definition.setVersion(version);
        definition.setOwnerEmail("java@example.com");
        definition.setTasks(nodes);
        return definition;
    }

    /** Register a task definition that tries again at once. */
    TaskDef defineTask(String name, int retries) {
        TaskDef definition = new TaskDef(name);
        definition.setRetryCount(retries);
        definition.setRetryDelaySeconds(0);
        definition.setResponseTimeoutSeconds(60);
        definition.setOwnerEmail("java@example.com");
        metadata.registerTaskDefs(List.of(definition));
        return definition;
    }

    String start(String name, Map<String, Object> input) {
        return start(name, input, null);
    }

    String start(String name, Map<String, Object> input, String correlationId) {
        return workflows.startWorkflow(request(name, input, correlationId));
    }

    static StartWorkflowRequest request(String name, Map<String, Object> input, String correlationId) {
        StartWorkflowRequest request = new StartWorkflowRequest();
        request.setName(name);
        request.setVersion(1);
        request.setInput(input);
        request.setCorrelationId(correlationId);
        return request;
    }

    /** The next task of a type; there has to be one. */
    Task poll(String kind) {
        List<Task> polled = tasks.batchPollTasksByTaskType(kind, "java", 1, 3000);
        Check.equal(polled.size(), 1);
        return polled.get(0);
    }

    /** Report a result for a task. */
    void report(Task task, TaskResult.Status status, Map<String, Object> output) {
        TaskResult result = new TaskResult(task);
        result.setStatus(status);
        result.setOutputData(output);
        tasks.updateTask(result);
    }

    /** Poll a task and report a result; returns the task's id. */
    String finish(String kind, TaskResult.Status status) {
        Task task = poll(kind);
        report(task, status, Map.of("n", 1));
        return task.getTaskId();
    }

    Workflow.WorkflowStatus status(String workflowId) {
        return workflows.getWorkflow(workflowId, false).getStatus();
    }

    void ends(String workflowId, Workflow.WorkflowStatus status) throws InterruptedException {
        Check.until(workflowId + " is " + status, () -> status(workflowId) == status);
    }

    List<String> statuses(String workflowId) {
        return workflows.getWorkflow(workflowId, true).getTasks().stream().map(task -> task.getStatus().name()).toList();
    }

    void close() {
        workflows.close();
        api.shutdown();
    }
}
