// Package doctor walks the path of a connection, from its variables to what the database lets its user do, and
// says where it breaks and what mends it.
package doctor

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/plan"
	"github.com/azuredb/passwordless/internal/redact"
)

// State is how a step ended.
type State string

// The states of a step. A failure ends the walk.
const (
	OK      State = "ok"
	Warning State = "warning"
	Failure State = "failure"
)

// Step is one step of the walk.
type Step struct {
	Name    string   `json:"step"`
	State   State    `json:"state"`
	Took    float64  `json:"took_ms"`
	Facts   []string `json:"facts"`
	Cause   string   `json:"cause,omitempty"`
	Fix     []string `json:"fix,omitempty"`     // commands, SQL and comments, a line each
	Section string   `json:"section,omitempty"` // URL of the page's section
}

// Report is the walk of one connection.
type Report struct {
	Engine string `json:"engine"`
	Steps  []Step `json:"steps"`
}

// Bad returns the step that failed, or else the first with a warning; nil if all is well.
func (r *Report) Bad() *Step {
	for _, state := range [...]State{Failure, Warning} {
		if i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.State == state }); i >= 0 {
			return &r.Steps[i]
		}
	}
	return nil
}

// Options adjusts a walk.
type Options struct {
	Environ []string
	Timeout time.Duration // of each step
	NoLogin bool          // stop before the login
}

// walk is what is known so far.
type walk struct {
	options Options
	engine  dsn.Engine
	dsn     string

	setup     error // why the connection cannot be opened
	plan      *plan.Plan
	handle    *connector.Handle
	connector interface {
		driver.Connector
		io.Closer
	}
	exchanges *exchanges
	tokenErr  error // of the one token request
	token     string
	servers   []dsn.Host // that have passed so far
	server    dsn.Host   // that a fix is about
	db        *sql.DB
	session   *sql.Conn
	user      string // who the server says we are
	free      int    // connections
	refusal   string // the error that ended the walk
	variable  string // that it is about
}

// step is a row of the walk. Its function adds to the step what it finds.
type step struct {
	name  string
	login bool // it needs the login
	do    func(*walk, context.Context, *Step) error
}

var steps = [...]step{
	{"connection", false, (*walk).connection},
	{"identity", false, (*walk).identity},
	{"host trusted", false, (*walk).trust},
	{"endpoint", false, (*walk).endpoint},
	{"clock", false, (*walk).clock},
	{"token", false, (*walk).claims},
	{"DNS", false, func(w *walk, ctx context.Context, s *Step) error { return w.each(ctx, s, resolve) }},
	{"TCP", false, func(w *walk, ctx context.Context, s *Step) error { return w.each(ctx, s, dial) }},
	{"TLS", false, func(w *walk, ctx context.Context, s *Step) error { return w.each(ctx, s, w.handshake) }},
	{"login", true, (*walk).logIn},
	{"user", true, (*walk).whoAmI},
	{"privileges", true, (*walk).privileges},
	{"limits", true, (*walk).limits},
	{"pool", true, (*walk).pool},
}

// errSkip is returned by a step that does not apply.
var errSkip = errors.New("does not apply")

// Walk walks the path of the connection that s names, until a step fails.
func Walk(ctx context.Context, engine dsn.Engine, s string, o Options) Report {
	w := &walk{options: o, engine: engine, dsn: s}
	defer w.close()
	w.open()
	r := Report{Engine: engine.String()}
	for _, row := range steps {
		if row.login && o.NoLogin {
			break
		}
		done := Step{Name: row.name, State: OK, Facts: []string{}}
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		began := time.Now()
		err := row.do(w, limited, &done)
		cancel()
		if errors.Is(err, errSkip) {
			continue
		}
		done.Took = float64(time.Since(began).Microseconds()) / 1000
		if err != nil {
			done.State = Failure
			w.explain(err, &done)
		}
		r.Steps = append(r.Steps, done)
		if err != nil {
			break
		}
	}
	return r
}

// close gives back what the walk opened; that it fails says nothing of the connection.
func (w *walk) close() {
	if w.session != nil {
		_ = w.session.Close()
	}
	if w.db != nil {
		_ = w.db.Close()
	}
	if w.connector != nil {
		_ = w.connector.Close()
	}
	if w.handle != nil {
		_ = w.handle.Close()
	}
}

// add adds a fact, which others may have written.
func (s *Step) add(text string) { s.Facts = append(s.Facts, redact.Scrub(redact.OneLine(text))) }

// warn makes the step a warning.
func (s *Step) warn(cause, section string, fix ...string) {
	s.State, s.Cause, s.Fix, s.Section = Warning, redact.Scrub(redact.OneLine(cause)), fix, advice.Guide+section
}
