// Package pgsession answers the statements of a PostgreSQL client that has logged in, of the simple and the extended
// protocol ("Message Flow" in PostgreSQL's manual, chapter "Frontend/Backend Protocol").
package pgsession

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/internal/frontend"
)

// Client is the connection to the client, as [postgresfront.Session] is.
type Client interface {
	Receive() (pgproto3.FrontendMessage, error)
	Send(messages ...pgproto3.BackendMessage)
	QueryContext(ctx context.Context) (query context.Context, done context.CancelFunc)
}

// Server answers a client's statements. All fields must be set.
type Server struct {
	Split      func(sql string) []string // the statements of a text, without empty ones
	Parameters func(sql string) int      // how many a statement has
	Status     func() byte               // of the transaction, as in ReadyForQuery
	Error      func(error) *pgproto3.ErrorResponse

	// Query runs a statement, whose arguments are nil or strings, or only describes its columns. Its context ends when
	// the client cancels.
	Query func(ctx context.Context, sql string, args []any, describe bool) (table *frontend.Table, tag string, err error)
}

// runner is a session.
type runner struct {
	Client
	Server
	prepared map[string]*prepared
	portals  map[string]*portal
	skip     bool // after an error in the extended protocol: until Sync
}

// prepared is a statement made by Parse.
type prepared struct {
	sql        string          // "" if there is none
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

// Run answers a client until it leaves, which is io.EOF.
func Run(ctx context.Context, c Client, s Server) error {
	r := &runner{Client: c, Server: s, prepared: make(map[string]*prepared), portals: make(map[string]*portal)}
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

func (r *runner) ready() { r.Send(&pgproto3.ReadyForQuery{TxStatus: r.Status()}) }

// fail tells the client about an error.
func (r *runner) fail(err error) {
	if err != nil {
		r.Send(r.Error(err))
	}
}

// ask has a statement answered.
func (r *runner) ask(ctx context.Context, sql string, args []any, describe bool) (*frontend.Table, string, error) {
	ctx, done := r.QueryContext(ctx)
	defer done()
	return r.Query(ctx, sql, args, describe)
}

// simple answers a Query message.
func (r *runner) simple(ctx context.Context, text string) error {
	statements := r.Split(text)
	if len(statements) == 0 {
		r.Send(&pgproto3.EmptyQueryResponse{})
	}
	for _, sql := range statements {
		table, tag, err := r.ask(ctx, sql, nil, false)
		if err != nil {
			return err
		}
		if len(table.Columns) > 0 {
			r.Send(description(table, nil))
		}
		if err := r.answer(&portal{prepared: &prepared{sql: sql}, table: table, tag: tag}); err != nil {
			return err
		}
	}
	return nil
}

// answer sends the rows of a statement and its tag.
func (r *runner) answer(p *portal) error {
	if p.sql == "" {
		r.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
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
		return r.parse(m)
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

func (r *runner) parse(m *pgproto3.Parse) error {
	p := &prepared{}
	switch statements := r.Split(m.Query); {
	case len(statements) > 1:
		return &pgconn.PgError{Code: "42601", Message: "cannot insert multiple commands into a prepared statement"}
	case len(statements) == 1:
		p.sql, p.parameters = statements[0], make([]uint32, r.Parameters(statements[0]))
	}
	r.prepared[m.Name] = p
	r.Send(&pgproto3.ParseComplete{})
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
			return &pgconn.PgError{Code: "0A000", Message: fmt.Sprintf("parameter $%d is not sent as text", i+1)}
		default:
			args[i] = string(value)
		}
	}
	b := &portal{prepared: p, formats: append([]int16(nil), m.ResultFormatCodes...)}
	if p.sql != "" {
		if b.table, b.tag, err = r.ask(ctx, p.sql, args, false); err != nil {
			return err
		}
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
		if p.sql != "" {
			if p.table, _, err = r.ask(ctx, p.sql, make([]any, len(p.parameters)), true); err != nil {
				return err
			}
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
