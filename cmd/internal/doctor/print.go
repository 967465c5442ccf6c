package doctor

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

var colors = map[State]cli.Color{OK: cli.Green, Warning: cli.Yellow, Failure: cli.Red}

// text is a report for people.
func (r *Report) text(screen cli.Screen) []byte {
	var b bytes.Buffer
	screen.Line(&b, "engine", r.Engine, cli.Plain)
	for _, s := range r.Steps {
		took := (time.Duration(s.Took*1000) * time.Microsecond).Round(time.Millisecond)
		screen.Line(&b, s.Name, string(s.State)+", "+took.String(), colors[s.State])
		for _, fact := range s.Facts {
			screen.Line(&b, "", fact, cli.Plain)
		}
		if s.Cause != "" {
			screen.Line(&b, "  cause", s.Cause, cli.Plain)
		}
		for _, line := range s.Fix {
			for i, part := range foldFix(line, screen.Width-fixColumn) {
				cli.Screen{}.Line(&b, []string{"  fix", ""}[min(i, 1)], part, cli.Plain)
			}
		}
		if s.Section != "" {
			screen.Line(&b, "  see", s.Section, cli.Plain)
		}
	}
	state, text := r.summary(false)
	screen.Line(&b, "result", text, colors[state])
	return b.Bytes()
}

// summary is a report in a few words, or in a line with the cause.
func (r *Report) summary(cause bool) (State, string) {
	bad := r.Bad()
	if bad == nil {
		return OK, "all is well"
	}
	text := string(bad.State) + " at " + bad.Name
	if cause {
		text += ": " + bad.Cause
	}
	return bad.State, text
}

// printJSON prints all reports as one object.
func printJSON(out io.Writer, ok bool, reports []Report) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(struct { // cli.Writer has the errors
		OK          bool     `json:"ok"`
		Connections []Report `json:"connections"`
	}{ok, reports})
}
