package acceptance;

import com.netflix.conductor.client.http.ConductorClient;
import java.util.LinkedHashMap;
import java.util.Map;

/** CONDUCTOR_SERVER_URL=... java acceptance.Main: a line for every check; exit status 0 when all passed. */
public final class Main {

    public static void main(String[] arguments) {
        String archive = ConductorClient.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        System.out.println("org.conductoross:" + archive.substring(archive.lastIndexOf('/') + 1));
        Connection connection = new Connection();
        Map<String, Check> checks = new LinkedHashMap<>();
        Definitions.add(checks);
        Executions.add(checks);
        Finding.add(checks);
        Scheduling.add(checks);
        int failed = Check.run(checks, connection);
        connection.close();
        System.exit(failed == 0 ? 0 : 1);
    }
}
