package acceptance;

import static acceptance.Check.equal;
import static acceptance.Check.fresh;
import static acceptance.Check.refused;

import com.netflix.conductor.common.metadata.events.EventHandler;
import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import java.util.List;
import java.util.Map;

/** Definitions, event handlers, and what the server says to requests that make no sense. */
final class Definitions {

    static void add(Map<String, Check> checks) {
        checks.put("metadata: task definitions", Definitions::tasks);
        checks.put("metadata: workflow definitions", Definitions::workflows);
        checks.put("events: handlers", Definitions::handlers);
        checks.put("errors: 400, 404 and 409 with their reasons", Definitions::errors);
    }

    private static void tasks(Connection c) {
        String name = fresh("java_step");
        TaskDef definition = c.defineTask(name, 1);
        definition.setRetryCount(7);
        c.metadata.updateTaskDef(definition);
        equal(c.metadata.getTaskDef(name).getRetryCount(), 7);
        equal(c.metadata.getAllTaskDefs().stream().filter(stored -> stored.getName().equals(name)).count(), 1L);
        c.metadata.unregisterTaskDef(name);
        refused(404, () -> c.metadata.getTaskDef(name));
    }

    private static void workflows(Connection c) {
        String name = fresh("java_flow");
        WorkflowDef first = Connection.definition(name, 1, "java_step");
        c.metadata.registerWorkflowDef(first);
        c.define(name, 2, "java_step", "java_step");
        first.setDescription("changed");
        c.metadata.updateWorkflowDefs(List.of(first));
        equal(c.metadata.getWorkflowDef(name, 1).getDescription(), "changed");
        WorkflowDef latest = c.metadata.getWorkflowDef(name, null);
        equal(latest.getVersion(), 2);
        equal(latest.getTasks().get(1).getTaskReferenceName(), "t1");
        List<Integer> listed = c.metadata.getAllWorkflowsWithLatestVersions().stream()
                .filter(stored -> stored.getName().equals(name)).map(WorkflowDef::getVersion).toList();
        equal(listed, List.of(2));
        c.metadata.unregisterWorkflowDef(name, 2);
        c.metadata.unregisterWorkflowDef(name, 1);
        refused(404, () -> c.metadata.getWorkflowDef(name, null));
    }

    private static void handlers(Connection c) {
        EventHandler.StartWorkflow start = new EventHandler.StartWorkflow();
        start.setName("none");
        start.setVersion(1);
        EventHandler.Action action = new EventHandler.Action();
        action.setAction(EventHandler.Action.Type.start_workflow);
        action.setStart_workflow(start);
        EventHandler handler = new EventHandler();
        handler.setName(fresh("java_handler"));
        handler.setEvent("conductor:" + fresh("java_event"));
        handler.setActions(List.of(action));
        handler.setActive(true);
        c.events.registerEventHandler(handler);
        List<EventHandler> found = c.events.getEventHandlers(handler.getEvent(), true);
        equal(found.stream().map(EventHandler::getName).toList(), List.of(handler.getName()));
        equal(found.get(0).getActions().get(0).getAction(), EventHandler.Action.Type.start_workflow);
        handler.setActive(false);
        c.events.updateEventHandler(handler);
        equal(c.events.getEventHandlers(handler.getEvent(), true), List.of());
        c.events.unregisterEventHandler(handler.getName());
        equal(c.events.getEventHandlers(handler.getEvent(), false), List.of());
    }

    private static void errors(Connection c) {
        String nothing = fresh("nothing");
        refused(404, () -> c.workflows.getWorkflow(nothing, true));
        refused(404, () -> c.tasks.getTaskDetails(nothing));
        equal(refused(404, () -> c.start(nothing, Map.of())).getMessage().contains(nothing), true);
        WorkflowDef empty = Connection.definition(fresh("java_empty"), 1);
        equal(refused(400, () -> c.metadata.registerWorkflowDef(empty)).getValidationErrors().isEmpty(), false);
        String running = c.start(c.define(fresh("java_flow"), 1, "java_step").getName(), Map.of());
        refused(409, () -> c.workflows.resumeWorkflow(running));
        c.workflows.terminateWorkflow(running, "seen enough");
    }
}
