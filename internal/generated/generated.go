// Package generated has tests hold files, or the parts of documents that are between two marks, to what the code says.
package generated

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// Update is whether the tests write what they would compare.
var Update = flag.Bool("update", false, "write the files, and the parts of documents, that tests compare with the code")

// Block returns what is between the marks, and what is before and after it, the marks included. It is an error if the
// file has not exactly one such block.
func Block(file, begin, end string) (head, block, tail string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", "", err
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	head, rest, hasBegin := strings.Cut(text, begin)
	block, tail, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd || strings.Contains(tail, begin) {
		return "", "", "", fmt.Errorf("%s has not one block between %q and %q", file, begin, end)
	}
	return head + begin, block, end + tail, nil
}

// CheckBlock returns an error if the block between the marks is not the one wanted, or with -update writes it.
func CheckBlock(file, begin, end, want string) error {
	head, _, tail, err := Block(file, begin, end)
	if err != nil {
		return err
	}
	return Check(file, head+want+tail)
}

// Check returns an error if the file is not the one wanted, or with -update writes it.
func Check(file, want string) error {
	if *Update {
		return os.WriteFile(file, []byte(want), 0o644)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: run this test with -update", err)
	}
	have, wanted := lines(string(got)), lines(want)
	for i, line := range wanted {
		if i >= len(have) || have[i] != line {
			return fmt.Errorf("%s is out of date: run this test with -update. Line %d should be:\n%s", file, i+1, line)
		}
	}
	if len(have) > len(wanted) {
		return fmt.Errorf("%s is out of date: run this test with -update. It should have %d lines", file, len(wanted)-1)
	}
	return nil
}

func lines(text string) []string { return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") }
