package token_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
)

const (
	faultsBegin = "// # Faults\n//\n"
	faultsEnd   = "// # Handles\n"
	faultsText  = `What a login gets that comes as the fault begins, when no timer has renewed the token: a new
token, the old one or an error, after so many seconds, and (in parentheses) how many requests
the endpoint gets in the first minute:

%s
With a fresh token every login gets that at once, and no request is made. 500 logins at once
get what one gets, and cause no more requests. With a deadline of 2 s, a login gets the old
token after 1 s instead of 2, and an error at the deadline instead of a longer wait; the
request goes on. If its context has ended before, it gets a valid token or an error at once,
and begins no request without a valid token. What the errors say:

%s
go test ./token -run TestFaultComment -update wrote this section from the table that
TestFaultMatrix asserts in simulated time with azidentity, whose retries the figures contain.
A machine asleep is simulated as one whose timers do not run.

`
)

// TestFaultComment holds the section on faults of the package comment to the matrix.
func TestFaultComment(t *testing.T) {
	for _, row := range matrix {
		if fresh := row.cells[1]; fresh != (cell{}) && row.faults[0].asleep == 0 {
			assert.Equal(t, served(0, 0), fresh, "which has no column")
		}
	}
	section := asComment(fmt.Sprintf(faultsText, faultRows(), errorRows()))
	require.NoError(t, generated.CheckBlock("doc.go", faultsBegin, faultsEnd, section))
	assert.LessOrEqual(t, strings.Count(section, "\n"), 60, "lines")
}

func asComment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "\t") && line != "\n" {
			line = " " + line
		}
		b.WriteString("//" + line)
	}
	return b.String()
}

// faultRows is the matrix without the column of a fresh token.
func faultRows() string {
	shown := []int{0, 2, 3, 4}
	var b strings.Builder
	line := func(name string, column func(int) string) {
		fmt.Fprintf(&b, "\t%-25s", name)
		for _, m := range shown {
			fmt.Fprintf(&b, " %-*s", max(len(moments[m].name), widthOf(m)), column(m))
		}
		trimmed := strings.TrimRight(b.String(), " ")
		b.Reset()
		b.WriteString(trimmed + "\n")
	}
	line("", func(m int) string { return moments[m].name })
	for _, row := range matrix {
		names := wrapped(row.faults, 25)
		line(names[0], func(m int) string { return row.cells[m].String() })
		for _, name := range names[1:] {
			line(name, func(int) string { return "" })
		}
	}
	return b.String()
}

func widthOf(m int) (width int) {
	for _, row := range matrix {
		width = max(width, len(row.cells[m].String()))
	}
	return width
}

// wrapped lists the names of the faults in lines of that width.
func wrapped(faults []fault, width int) []string {
	lines := []string{""}
	for i, f := range faults {
		name := f.name
		if i < len(faults)-1 {
			name += ";"
		}
		switch last := &lines[len(lines)-1]; {
		case *last == "":
			*last = name
		case len(*last)+1+len(name) <= width:
			*last += " " + name
		default:
			lines = append(lines, name)
		}
	}
	return lines
}

// String is a cell of the table.
func (c cell) String() string {
	if c == (cell{}) {
		return "-"
	}
	return fmt.Sprintf("%s %s s (%s)", c.got, span(c.after, c.latest), span(float64(c.requests), float64(c.most)))
}

func span(from, to float64) string {
	if to == 0 {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%v-%v", from, to)
}

// errorRows has what the errors say, in the order of the faults.
func errorRows() string {
	var b strings.Builder
	names := map[string][]fault{}
	var order []string
	for _, row := range matrix {
		for _, f := range row.faults {
			if f.says == "" {
				continue
			}
			if names[f.says] == nil {
				order = append(order, f.says)
			}
			names[f.says] = append(names[f.says], f)
		}
	}
	for _, says := range order {
		lines := wrapped(names[says], 46)
		fmt.Fprintf(&b, "\t%-46s %s\n", lines[0], says)
		for _, rest := range lines[1:] {
			fmt.Fprintf(&b, "\t%s\n", rest)
		}
	}
	return b.String()
}
