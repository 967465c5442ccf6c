// Command testrun runs go test with its arguments and prints one line for each
// package as it ends, the whole output of each test that fails, and at the end
// what was skipped and how many tests passed, failed and were skipped.
//
// It exits with 1 if go test fails.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // go test gets it too, and ends
	start := time.Now()
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
		os.Exit(1)
	}
	r := newReport(os.Stdout)
	readErr := r.read(out)
	err = cmd.Wait()
	if err == nil {
		err = readErr
	}
	if err != nil && r.failed == 0 {
		fmt.Fprintln(os.Stderr, "testrun: go test:", err)
		r.failed++
	}
	r.summary(time.Since(start))
	if r.failed > 0 {
		os.Exit(1)
	}
}
