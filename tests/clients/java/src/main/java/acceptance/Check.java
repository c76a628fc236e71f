package acceptance;

import com.netflix.conductor.client.exception.ConductorClientException;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** A story with one line of the report. */
interface Check {

    void tell(Connection connection) throws Exception;

    /** Tells every story, prints a line for each, and returns how many went wrong. */
    static int run(Map<String, Check> checks, Connection connection) {
        int failed = 0;
        for (Map.Entry<String, Check> check : checks.entrySet()) {
            try {
                check.getValue().tell(connection);
                System.out.println("ok      " + check.getKey());
            } catch (Exception | AssertionError error) {
                failed++;
                System.out.println("FAILED  " + check.getKey() + ": " + error);
                error.printStackTrace();
            }
        }
        return failed;
    }

    /** A name that no other check uses. */
    static String fresh(String stem) {
        return stem + "_" + UUID.randomUUID().toString().substring(0, 8);
    }

    static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }

    /** The exception of a call that has to fail with this status. */
    static ConductorClientException refused(int status, Runnable call) {
        try {
            call.run();
        } catch (ConductorClientException error) {
            equal(error.getStatus(), status);
            return error;
        }
        throw new AssertionError("expected " + status + ", but the call succeeded");
    }

    /** Looks again and again, for 20 seconds. */
    static void until(String what, BooleanSupplier probe) throws InterruptedException {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!probe.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 20 s: " + what);
            }
            Thread.sleep(50);
        }
    }
}
