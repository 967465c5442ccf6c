package doctor

import (
	"encoding/json"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/internal/generated"
)

const (
	exampleBegin = "-run TestScripts/postgresql/example -update, in cmd -->\n"
	exampleEnd   = "<!-- end of the example -->\n"
)

// steady replaces what differs between two runs.
var steady = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`(127\.0\.0\.1|\.com):\d+`), "${1}:5432"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:]+Z`), "2030-01-01T00:00:00Z"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "99999999-2222-4333-8444-555555555555"},
	{regexp.MustCompile(`\b\d+ bytes`), "1300 bytes"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s)\b`), "4ms"},
}

// example compares the report of a run with --json, as a terminal of 80 columns shows it, with the page's.
func example(ts *testscript.TestScript, _ bool, _ []string) {
	var all struct{ Connections []Report }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &all))
	r := all.Connections[0]
	replace := func(s *string) {
		for _, x := range steady {
			*s = x.what.ReplaceAllString(*s, x.by)
		}
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		s.Took = 4
		replace(&s.Cause)
		for j := range s.Facts {
			replace(&s.Facts[j])
		}
		for j := range s.Fix {
			replace(&s.Fix[j])
		}
	}
	want := "\n```text\n" + string(r.text(cli.Screen{Width: 80})) + "```\n\n"
	ts.Check(generated.CheckBlock("../../../docs/doctor.md", exampleBegin, exampleEnd, want))
}
