package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

type query = func(context.Context, azuretest.Statement) (azuretest.Result, error)

// statements is the Handler of a server with a Query; nil: every statement succeeds
// and returns nothing.
func statements(q query) func(context.Context, *Session) error {
	if q == nil {
		q = func(context.Context, azuretest.Statement) (azuretest.Result, error) { return azuretest.Result{}, nil }
	}
	return func(ctx context.Context, s *Session) error {
		r := &runner{Session: s, query: q, prepared: make(map[string]*prepared), portals: make(map[string]*portal)}
		return r.run(ctx)
	}
}

// runner answers the statements of a session ("Message Flow" in PostgreSQL's
// manual, chapter "Frontend/Backend Protocol").
type runner struct {
	*Session
	query    query
	prepared map[string]*prepared
	portals  map[string]*portal
	open     bool // a transaction
	skip     bool // after an error in the extended protocol: until Sync
}

// prepared is a statement made by Parse.
type prepared struct {
	sql        string
	parameters []uint32        // their types, which are not known: 0
	table      *frontend.Table // its columns; nil until Describe
}

// portal is a statement with its parameters, made by Bind.
type portal struct {
	*prepared
	formats []int16
	table   *frontend.Table
	tag     string
}

func (r *runner) run(ctx context.Context) error {
	for {
		message, err := r.Receive()
		if err != nil {
			return err
		}
		_, isSync := message.(*pgproto3.Sync)
		simple, isSimple := message.(*pgproto3.Query)
		switch {
		case isSimple:
			err = r.simple(ctx, simple.String)
		case isSync:
			r.skip = false
		case !r.skip:
			err = r.extended(ctx, message)
			r.skip = err != nil
		}
		if errors.Is(err, io.EOF) {
			return err
		}
		r.fail(err)
		if isSimple || isSync {
			r.ready()
		}
	}
}

func (r *runner) ready() {
	status := byte('I')
	if r.open {
		status = 'T'
	}
	r.Send(&pgproto3.ReadyForQuery{TxStatus: status})
}

// fail tells the client about an error.
func (r *runner) fail(err error) {
	if err == nil {
		return
	}
	if !isPgError(err) {
		err = &pgconn.PgError{Code: "XX000", Message: err.Error()}
	}
	r.Send(errorResponse(err, "ERROR"))
}

// ask has the query answered.
func (r *runner) ask(ctx context.Context, s azuretest.Statement) (*frontend.Table, string, error) {
	ctx, done := r.QueryContext(ctx)
	defer done()
	s.User, s.Database = r.User, r.Database
	result, err := r.query(ctx, s)
	if err != nil {
		return nil, "", err
	}
	table, err := frontend.NewTable(result)
	if !s.Describe {
		r.open = frontend.InTransaction(s.SQL, r.open)
	}
	return table, tag(s.SQL, result), err
}

// tag is the command tag of a statement ("Message Formats", CommandComplete).
func tag(sql string, result azuretest.Result) string {
	verb := "SELECT"
	rows := int64(len(result.Rows))
	if fields := strings.Fields(sql); len(fields) > 0 && len(result.Columns) == 0 {
		verb, rows = strings.ToUpper(strings.TrimRight(fields[0], ";")), result.RowsAffected
	}
	switch {
	case result.Tag != "":
		return result.Tag
	case verb == "INSERT":
		return fmt.Sprintf("INSERT 0 %d", rows)
	case verb == "SELECT" || verb == "UPDATE" || verb == "DELETE" || verb == "MERGE":
		return fmt.Sprintf("%s %d", verb, rows)
	}
	return verb
}

// simple answers a Query message.
func (r *runner) simple(ctx context.Context, sql string) error {
	if isEmpty(sql) {
		r.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	table, tag, err := r.ask(ctx, azuretest.Statement{SQL: sql})
	if err != nil {
		return err
	}
	if len(table.Columns) > 0 {
		r.Send(description(table, nil))
	}
	return r.answer(&portal{prepared: &prepared{}, table: table, tag: tag})
}

// isEmpty tells whether sql is no more than comments, as in pgx's ping.
func isEmpty(sql string) bool {
	for line := range strings.Lines(sql) {
		if line = strings.Trim(line, "; \t\r\n"); line != "" && !strings.HasPrefix(line, "--") {
			return false
		}
	}
	return true
}

// answer sends the rows of a statement and its tag.
func (r *runner) answer(p *portal) error {
	for _, row := range p.table.Rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			var err error
			if values[i], err = encode(v, p.described(i), formatOf(p.formats, i)); err != nil {
				return fmt.Errorf("azuretest: column %q: %w", p.table.Columns[i], err)
			}
		}
		r.Send(&pgproto3.DataRow{Values: values})
	}
	r.Send(&pgproto3.CommandComplete{CommandTag: []byte(p.tag)})
	return nil
}

// described is the type that the client was told for column i.
func (p *portal) described(i int) uint32 {
	if t := p.prepared.table; t != nil && i < len(t.Kinds) {
		return oidOf(t.Kinds[i])
	}
	return oidOf(p.table.Kinds[i])
}

// extended answers a message of the extended protocol.
func (r *runner) extended(ctx context.Context, message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Parse:
		r.prepared[m.Name] = &prepared{sql: m.Query, parameters: make([]uint32, countParameters(m.Query))}
		r.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Bind:
		return r.bind(ctx, m)
	case *pgproto3.Describe:
		return r.describe(ctx, m)
	case *pgproto3.Execute:
		p := r.portals[m.Portal]
		if p == nil {
			return &pgconn.PgError{Code: "34000", Message: fmt.Sprintf("portal %q does not exist", m.Portal)}
		}
		return r.answer(p)
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			delete(r.prepared, m.Name)
		} else {
			delete(r.portals, m.Name)
		}
		r.Send(&pgproto3.CloseComplete{})
	}
	return nil
}

func (r *runner) statement(name string) (*prepared, error) {
	if p := r.prepared[name]; p != nil {
		return p, nil
	}
	return nil, &pgconn.PgError{Code: "26000", Message: fmt.Sprintf("prepared statement %q does not exist", name)}
}

// bind has a statement answered with its parameters.
func (r *runner) bind(ctx context.Context, m *pgproto3.Bind) error {
	p, err := r.statement(m.PreparedStatement)
	if err != nil {
		return err
	}
	args := make([]any, len(m.Parameters))
	for i, value := range m.Parameters {
		switch {
		case value == nil:
		case formatOf(m.ParameterFormatCodes, i) != 0:
			return &pgconn.PgError{Code: "0A000", Message: fmt.Sprintf("postgrestest: parameter $%d is not sent as text", i+1)}
		default:
			args[i] = string(value)
		}
	}
	b := &portal{prepared: p, formats: append([]int16(nil), m.ResultFormatCodes...)}
	if b.table, b.tag, err = r.ask(ctx, azuretest.Statement{SQL: p.sql, Args: args}); err != nil {
		return err
	}
	r.portals[m.DestinationPortal] = b
	r.Send(&pgproto3.BindComplete{})
	return nil
}

// describe tells the columns of a statement or portal.
func (r *runner) describe(ctx context.Context, m *pgproto3.Describe) error {
	var table *frontend.Table
	var formats []int16
	if m.ObjectType == 'S' {
		p, err := r.statement(m.Name)
		if err != nil {
			return err
		}
		args := make([]any, len(p.parameters))
		if p.table, _, err = r.ask(ctx, azuretest.Statement{SQL: p.sql, Args: args, Describe: true}); err != nil {
			return err
		}
		table = p.table
		r.Send(&pgproto3.ParameterDescription{ParameterOIDs: p.parameters}) // type 0 lets the client choose by its own value
	} else if b := r.portals[m.Name]; b != nil {
		table, formats = b.table, b.formats
	}
	if table == nil || len(table.Columns) == 0 {
		r.Send(&pgproto3.NoData{})
	} else {
		r.Send(description(table, formats))
	}
	return nil
}

func description(t *frontend.Table, formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for i, name := range t.Columns {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{
			Name: []byte(name), DataTypeOID: oidOf(t.Kinds[i]), DataTypeSize: -1, TypeModifier: -1, Format: formatOf(formats, i),
		})
	}
	return d
}

// formatOf is the format of value i: none given means text, one is for all.
func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return pgproto3.TextFormat
}

// placeholder finds $1, $2, ... in a statement, also where they are not
// placeholders; that only makes one too many.
var placeholder = regexp.MustCompile(`\$([0-9]{1,4})`)

// countParameters is the highest number of a placeholder in a statement.
func countParameters(sql string) int {
	count := 0
	for _, match := range placeholder.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(match[1]) // digits only
		count = max(count, n)
	}
	return count
}
