package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/conductor-sdk/conductor-go/sdk/client"
)

// Check is a story with one line of the report. It ends early by one of the functions below, which panic with a problem.
type Check struct {
	name string
	tell func(*Connection)
}

type problem struct{ text string }

// run tells every story, prints a line for each, and returns how many went wrong.
func run(checks []Check, connection *Connection) int {
	failed := 0
	for _, check := range checks {
		if text := trouble(check, connection); text != "" {
			failed++
			fmt.Printf("FAILED  %s: %s\n", check.name, text)
		} else {
			fmt.Printf("ok      %s\n", check.name)
		}
	}
	return failed
}

func trouble(check Check, connection *Connection) (text string) {
	defer func() {
		if found := recover(); found != nil {
			expected, ours := found.(problem)
			if !ours {
				panic(found)
			}
			text = expected.text
		}
	}()
	check.tell(connection)
	return ""
}

// fresh is a name that no other check uses.
func fresh(stem string) string {
	random := make([]byte, 5)
	must(rand.Read(random))
	return stem + "_" + hex.EncodeToString(random)
}

// ok ends the check when a call of the SDK failed.
func ok(err error) {
	if err != nil {
		panic(problem{err.Error()})
	}
}

// must is the value of a call that may not fail.
func must[Value any](value Value, err error) Value {
	ok(err)
	return value
}

// answer is must for calls that return the HTTP response, too.
func answer[Value, Response any](value Value, _ Response, err error) Value {
	return must(value, err)
}

// done is ok for calls that return nothing but the HTTP response.
func done[Response any](_ Response, err error) {
	ok(err)
}

// refused ends the check unless a call failed with this status; it returns the body of the error.
func refused(status int, err error) string {
	if err == nil {
		panic(problem{fmt.Sprintf("expected %d, but the call succeeded", status)})
	}
	var shown client.GenericSwaggerError
	if !errors.As(err, &shown) || !strings.Contains(string(shown.Body()), fmt.Sprintf(`"status":%d`, status)) {
		panic(problem{fmt.Sprintf("expected %d, found %v", status, err)})
	}
	return string(shown.Body())
}

// equal ends the check unless both are the same.
func equal(found, expected any) {
	if !reflect.DeepEqual(found, expected) {
		panic(problem{fmt.Sprintf("expected %#v, found %#v", expected, found)})
	}
}

// until looks again and again, for 20 seconds.
func until(what string, probe func() bool) {
	for deadline := time.Now().Add(20 * time.Second); !probe(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			panic(problem{"not within 20 s: " + what})
		}
	}
}
