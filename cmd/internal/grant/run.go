package grant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Session is where the operator is logged in.
type Session interface {
	Exec(ctx context.Context, sql string) error
	Query(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
	Warnings() []string // of the server since the last call
}

// Sessions returns the operator's session in a database, wherever it is for "".
type Sessions func(ctx context.Context, database string) (Session, error)

// State is what became of a statement.
type State string

// The states of statements.
const (
	Done    State = "done"
	Exists  State = "exists already"
	Missing State = "missing already"
	Failed  State = "failed"
	Skipped State = "not run"
)

// Outcome is what became of one statement.
type Outcome struct {
	Statement Statement
	State     State
	Warnings  []string
	Err       error
	Fix       string // what mends Err; may be empty
}

// Apply runs statements one by one. After a failure to make the user, or to log in, the rest is not run; other failures do
// not keep the rest from being run.
func (r Request) Apply(ctx context.Context, open Sessions, list []Statement) []Outcome {
	var outcomes []Outcome
	stopped := false
	for _, s := range list {
		o := Outcome{Statement: s, State: Skipped}
		if !stopped {
			var fatal bool
			o, fatal = r.run(ctx, open, s)
			stopped = fatal || o.State == Failed && s.Creates
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// run runs one statement. It reports whether there is no session to run others in.
func (r Request) run(ctx context.Context, open Sessions, s Statement) (o Outcome, fatal bool) {
	o = Outcome{Statement: s, State: Done}
	session, err := open(ctx, s.Database)
	if err != nil {
		o.State, o.Err = Failed, err // it has its own advice
		return o, true
	}
	if s.Drops {
		if o.Err = r.elsewhere(ctx, session); o.Err != nil {
			o.State, o.Fix = Failed, "revoke it there first, or run the statement yourself"
			return o, false
		}
	}
	err = session.Exec(ctx, s.SQL)
	o.Warnings = session.Warnings()
	if err != nil {
		o.State, o.Fix = r.explain(err, s)
		if o.State == Failed {
			o.Err = err
		}
	}
	return o, false
}

// elsewhere is an error if dropping the user would take away what it has in other databases.
func (r Request) elsewhere(ctx context.Context, session Session) error {
	q, ok := r.Elsewhere()
	if !ok {
		return nil
	}
	a, err := q.ask(ctx, session)
	if err == nil && len(a.Has) > 0 {
		err = errors.New("the user has privileges in other databases: " + Few(a.Has))
	}
	return err
}

// Answer is what a question's rows said.
type Answer struct {
	What       string
	Has, Lacks []string // what the rows are about
	one        bool     // there is to be a row, which needs no name
}

// OK reports whether nothing lacks.
func (a Answer) OK() bool { return len(a.Lacks) == 0 && (!a.one || len(a.Has) > 0) }

// Text is the answer in a few words.
func (a Answer) Text() string {
	if a.one {
		return a.What
	}
	if all := len(a.Has) + len(a.Lacks); len(a.Lacks) > 0 {
		return fmt.Sprintf("%s: %d of %d: %s", a.What, len(a.Lacks), all, Few(a.Lacks))
	}
	return fmt.Sprintf("%s: %d of %[2]d", a.What, len(a.Has))
}

// ask runs the query.
func (q Question) ask(ctx context.Context, session Session) (a Answer, err error) {
	a.What, a.one = q.What, q.One
	rows, err := session.Query(ctx, q.SQL, q.Args...)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var has int64
		if err := rows.Scan(&name, &has); err != nil {
			return a, err
		}
		if has != 0 {
			a.Has = append(a.Has, name)
		} else {
			a.Lacks = append(a.Lacks, name)
		}
	}
	return a, rows.Err()
}

// Check asks what the user may do. Without a user, exists is false and there are no answers. sees are the tables and
// views that it may read.
func (r Request) Check(ctx context.Context, open Sessions) (exists bool, answers []Answer, sees []string, err error) {
	session, err := open(ctx, r.Database)
	if err != nil {
		return false, nil, nil, err
	}
	a, err := r.Exists().ask(ctx, session)
	if err != nil {
		if _, fix := r.explain(err, Statement{}); fix != "" {
			err = fmt.Errorf("%s: %w", fix, err)
		}
		return false, nil, nil, err
	}
	if !a.OK() {
		return false, nil, nil, nil
	}
	for _, q := range r.Questions() {
		a, err := q.ask(ctx, session)
		if err != nil {
			return true, nil, nil, fmt.Errorf("whether the user may %s: %w", q.What, err)
		}
		answers = append(answers, a)
	}
	a, err = r.Sees().ask(ctx, session)
	return true, answers, a.Has, err
}

// Few lists the first names.
func Few(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(slices.Clone(names[:most]), ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}
