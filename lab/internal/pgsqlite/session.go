package pgsqlite

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// session is one client of the stand-in and its connection to SQLite.
type session struct {
	client *postgrestest.Session
	sqlite *sql.Conn
	who    speaker
	types  *pgtype.Map

	status   byte // as in ReadyForQuery: 'I' idle, 'T' in a transaction, 'E' in one that has failed
	prepared map[string]*prepared
	portals  map[string]*portal
	skip     bool // after an error in the extended protocol: until Sync
}

func newSession(client *postgrestest.Session, sqlite *sql.Conn, who speaker) *session {
	return &session{
		client: client, sqlite: sqlite, who: who, types: pgtype.NewMap(), status: 'I',
		prepared: make(map[string]*prepared), portals: make(map[string]*portal),
	}
}

// run answers the client's messages ("Message Flow" in PostgreSQL's manual, chapter "Frontend/Backend
// Protocol") until it leaves. A transaction that is open then is rolled back.
func (s *session) run(ctx context.Context) error {
	defer s.abandon(context.WithoutCancel(ctx))
	for {
		message, err := s.client.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch m := message.(type) {
		case *pgproto3.Query:
			s.fail(s.simple(ctx, m.String))
			s.ready()
		case *pgproto3.Sync:
			s.skip = false
			s.ready()
		default:
			if !s.skip {
				err := s.extended(ctx, m)
				s.fail(err)
				s.skip = err != nil
			}
		}
	}
}

func (s *session) ready() { s.client.Send(&pgproto3.ReadyForQuery{TxStatus: s.status}) }

// fail tells the client about an error. It fails the transaction, if there is one.
func (s *session) fail(err error) {
	if err == nil {
		return
	}
	if s.status == 'T' {
		s.status = 'E'
	}
	s.client.Send(errorResponse(pgError(err)))
}

// abandon rolls back what the client left open, so that the connection can be used again.
func (s *session) abandon(ctx context.Context) {
	if s.status != 'I' {
		_, _ = s.sqlite.ExecContext(ctx, "rollback") // fails if SQLite has done so itself
	}
}

// simple runs the statements of a Query message.
func (s *session) simple(ctx context.Context, query string) error {
	all := sqlite.Statements(sqlite.Tokenize(query))
	if len(all) == 0 {
		s.client.Send(&pgproto3.EmptyQueryResponse{})
	}
	for _, tokens := range all {
		r, err := s.execute(ctx, translate(tokens, s.who), nil, nil)
		if err != nil {
			return err
		}
		if len(r.columns) > 0 {
			s.client.Send(r.description(nil))
		}
		if err := s.sendRows(r, nil); err != nil {
			return err
		}
		s.client.Send(&pgproto3.CommandComplete{CommandTag: []byte(r.tag)})
	}
	return nil
}

// sendRows encodes the rows in the formats that the client asked for.
func (s *session) sendRows(r *result, formats []int16) error {
	for _, row := range r.rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			value, err := sqlite.Convert(v, r.columns[i].class)
			if err != nil {
				return refusal("22P02", "column %q holds a value that is not of its declared type", r.columns[i].name)
			}
			if values[i], err = s.types.Encode(r.columns[i].oid, formatOf(formats, i), value, nil); err != nil {
				return refusal("22P02", "column %q: %v", r.columns[i].name, err)
			}
			if value != nil && values[i] == nil {
				values[i] = []byte{} // nil would be NULL
			}
		}
		s.client.Send(&pgproto3.DataRow{Values: values})
	}
	return nil
}

// formatOf is the format of value i: none given means text, one is for all.
func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return pgtype.TextFormatCode
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return pgtype.TextFormatCode
}

// column is one column of a result.
type column struct {
	name string
	sqlType
}

// result is what a statement gave.
type result struct {
	columns []column
	rows    [][]any
	tag     string
}

func (r *result) description(formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for i, c := range r.columns {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{
			Name: []byte(c.name), DataTypeOID: c.oid, DataTypeSize: -1, TypeModifier: -1, Format: formatOf(formats, i),
		})
	}
	return d
}

// tagOf is the command tag of a statement that is done ("Message Formats", CommandComplete).
func tagOf(verb string, rows string) string {
	switch verb {
	case "insert":
		return "INSERT 0 " + rows
	case "select", "update", "delete":
		return strings.ToUpper(verb) + " " + rows
	case "values":
		return "SELECT " + rows
	}
	return strings.ToUpper(verb)
}
