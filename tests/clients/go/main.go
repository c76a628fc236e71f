// The acceptance program of the Go SDK: CONDUCTOR_SERVER_URL=... ./program prints a line for every check; its exit
// status is 0 when all passed.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	log "github.com/sirupsen/logrus"
)

func main() {
	log.SetLevel(log.PanicLevel) // the SDK tells on standard error of failures that the checks bring about
	fmt.Println("github.com/conductor-sdk/conductor-go", version("github.com/conductor-sdk/conductor-go"))
	connection := connect()
	failed := 0
	for _, checks := range [][]Check{definitions, executions, finding, schedules} {
		failed += run(checks, connection)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func version(module string) string {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "unknown"
}
