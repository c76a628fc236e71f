package acceptance;

import static acceptance.Check.equal;
import static acceptance.Check.fresh;
import static acceptance.Check.refused;
import static acceptance.Check.until;

import io.orkes.conductor.client.model.SaveScheduleRequest;
import java.util.List;
import java.util.Map;

/** Schedules: kept, fired, paused, resumed and deleted. */
final class Scheduling {

    private static final String EVERY_SECOND = "* * * * * *";
    private static final long DAY = 86_400_000L;

    static void add(Map<String, Check> checks) {
        checks.put("schedules: save, fire, pause, resume, delete, next times", Scheduling::schedules);
    }

    private static void schedules(Connection c) throws InterruptedException {
        String flow = c.define(fresh("java_flow"), 1, fresh("java_step")).getName();
        String name = fresh("java_schedule");
        c.schedules.saveSchedule(new SaveScheduleRequest().name(name).cronExpression(EVERY_SECOND)
                .startWorkflowRequest(Connection.request(flow, Map.of("x", 1), null)));
        equal(c.schedules.getSchedule(name).getCronExpression(), EVERY_SECOND);
        equal(c.schedules.getAllSchedules(flow).size(), 1);
        until("the schedule fires", () -> c.workflows.search("workflowType = '" + flow + "'").getTotalHits() > 0);
        c.schedules.pauseSchedule(name);
        equal(c.schedules.getSchedule(name).getPaused(), true);
        c.schedules.resumeSchedule(name);
        equal(Boolean.TRUE.equals(c.schedules.getSchedule(name).getPaused()), false);
        c.schedules.deleteSchedule(name);
        equal(c.schedules.getAllSchedules(flow), List.of());
        List<Long> times = c.schedules.getNextFewSchedules("0 0 12 * * ?", null, null, 3);
        equal(List.of(times.get(1) - times.get(0), times.get(2) - times.get(1)), List.of(DAY, DAY));
        refused(400, () -> c.schedules.getNextFewSchedules("no cron", null, null, 3));
    }
}
