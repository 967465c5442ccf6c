package e2e_test

import (
	"bytes"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/azuredb/passwordless"
)

// statusesOf lists the live handles that log in as one of these: users, or identities by their IDs, for SQL Server's
// user is not known before the token. They differ from test to test.
func statusesOf(who ...string) []passwordless.Status {
	return slices.DeleteFunc(passwordless.Statuses(), func(status passwordless.Status) bool {
		return !slices.ContainsFunc(who, func(name string) bool {
			return status.User == name || strings.Contains(status.Identity, name)
		})
	})
}

// awaitCollected returns when no handle of the roles is left.
func awaitCollected(t *testing.T, roles ...string) {
	t.Helper()
	await(t, "the handles are collected", func() bool {
		runtime.GC()
		return len(statusesOf(roles...)) == 0
	})
}

var goroutineID = regexp.MustCompile(`^goroutine (\d+) `)

// goroutines are the stacks of all there are, by number.
func goroutines() map[string]string {
	stacks := make([]byte, 1<<16)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			stacks = stacks[:n]
			break
		}
		stacks = make([]byte, 2*len(stacks))
	}
	all := map[string]string{}
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if id := goroutineID.FindSubmatch(stack); id != nil {
			all[string(id[1])] = string(stack)
		}
	}
	return all
}

// requireNoMore asserts that the goroutines that were not there before end.
func requireNoMore(t *testing.T, before map[string]string) {
	t.Helper()
	var left []string
	defer func() {
		if t.Failed() {
			t.Log(strings.Join(left, "\n\n"))
		}
	}()
	await(t, "no goroutine is left", func() bool {
		left = nil
		for id, stack := range goroutines() {
			if _, was := before[id]; !was {
				left = append(left, stack)
			}
		}
		return len(left) == 0
	})
}
