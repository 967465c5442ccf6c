package pgsqlite

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// prepared is a statement made by a Parse message.
type prepared struct {
	statement statement
	empty     bool
	oids      []uint32 // of the parameters; 0: the client encodes the value as text and SQLite takes it as it comes
	result    result   // its columns
}

// portal is a statement with its parameters, made by a Bind message.
type portal struct {
	*prepared
	arguments []any
	formats   []int16 // of the result's columns
	done      *result // after Execute: what is left of the rows
}

// extended answers a message of the extended query protocol.
func (s *session) extended(ctx context.Context, message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Parse:
		return s.parse(ctx, m)
	case *pgproto3.Bind:
		return s.bind(m)
	case *pgproto3.Describe:
		return s.describe(m)
	case *pgproto3.Execute:
		return s.executePortal(ctx, m)
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			delete(s.prepared, m.Name)
		} else {
			delete(s.portals, m.Name)
		}
		s.client.Send(&pgproto3.CloseComplete{})
		return nil
	case *pgproto3.Flush: // everything is flushed before the next message is awaited
		return nil
	}
	return refusal("0A000", "the stand-in does not understand the message %T", message)
}

func (s *session) parse(ctx context.Context, m *pgproto3.Parse) error {
	all := sqlite.Statements(sqlite.Tokenize(m.Query))
	if len(all) > 1 {
		return refusal("42601", "cannot insert multiple commands into a prepared statement")
	}
	p := &prepared{empty: len(all) == 0}
	if !p.empty {
		p.statement = translate(all[0], s.who)
		p.oids = make([]uint32, len(p.statement.parameters))
		for i, name := range p.statement.parameters {
			if name != "" {
				p.oids[i] = typeOf(name).oid
			}
			if i < len(m.ParameterOIDs) && m.ParameterOIDs[i] != 0 {
				p.oids[i] = m.ParameterOIDs[i]
			}
		}
		var err error
		if p.result.columns, err = s.columnsOf(ctx, p.statement); err != nil {
			return err
		}
	}
	s.prepared[m.Name] = p
	s.client.Send(&pgproto3.ParseComplete{})
	return nil
}

func (s *session) bind(m *pgproto3.Bind) error {
	p := s.prepared[m.PreparedStatement]
	if p == nil {
		return refusal("26000", "prepared statement %q does not exist", m.PreparedStatement)
	}
	if len(m.Parameters) != len(p.oids) {
		return refusal("08P01", "bind message supplies %d parameters, but prepared statement %q requires %d", len(m.Parameters), m.PreparedStatement, len(p.oids))
	}
	b := &portal{prepared: p, formats: append([]int16(nil), m.ResultFormatCodes...)}
	for i, value := range m.Parameters {
		argument, err := s.argument(p.oids[i], formatOf(m.ParameterFormatCodes, i), value)
		if err != nil {
			return refusal("22P02", "parameter $%d: %v", i+1, err)
		}
		b.arguments = append(b.arguments, argument)
	}
	s.portals[m.DestinationPortal] = b
	s.client.Send(&pgproto3.BindComplete{})
	return nil
}

// argument decodes a parameter. Text of an unknown type stays text: SQLite converts it to the type of the
// column that it is stored in or compared with. The message's bytes are only valid now.
func (s *session) argument(oid uint32, format int16, value []byte) (any, error) {
	if value == nil {
		return nil, nil
	}
	t, known := s.types.TypeForOID(oid)
	if !known && format == pgtype.BinaryFormatCode {
		return nil, refusal("0A000", "binary value of an unknown type")
	}
	if !known {
		return string(value), nil
	}
	return t.Codec.DecodeDatabaseSQLValue(s.types, oid, format, bytes.Clone(value))
}

func (s *session) describe(m *pgproto3.Describe) error {
	p, formats := s.prepared[m.Name], []int16(nil)
	if m.ObjectType == 'P' {
		p = nil
		if b := s.portals[m.Name]; b != nil {
			p, formats = b.prepared, b.formats
		}
	}
	if p == nil {
		return refusal("26000", "statement or portal %q does not exist", m.Name)
	}
	if m.ObjectType == 'S' {
		s.client.Send(&pgproto3.ParameterDescription{ParameterOIDs: p.oids})
	}
	if len(p.result.columns) == 0 {
		s.client.Send(&pgproto3.NoData{})
	} else {
		s.client.Send(p.result.description(formats))
	}
	return nil
}

func (s *session) executePortal(ctx context.Context, m *pgproto3.Execute) error {
	b := s.portals[m.Portal]
	switch {
	case b == nil:
		return refusal("34000", "portal %q does not exist", m.Portal)
	case b.empty:
		s.client.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	case b.done == nil:
		r, err := s.execute(ctx, b.statement, b.arguments, b.result.columns)
		if err != nil {
			return err
		}
		b.done = r
	}
	page := *b.done
	if n := int(m.MaxRows); n > 0 && n < len(page.rows) {
		page.rows, b.done.rows = page.rows[:n], page.rows[n:]
		if err := s.sendRows(&page, b.formats); err != nil {
			return err
		}
		s.client.Send(&pgproto3.PortalSuspended{})
		return nil
	}
	b.done.rows = nil
	if err := s.sendRows(&page, b.formats); err != nil {
		return err
	}
	s.client.Send(&pgproto3.CommandComplete{CommandTag: []byte(page.tag)})
	return nil
}
