package sqlserverfront

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// statements is the Handler of a server with a Query; if nil, every statement succeeds
// and returns nothing. Sessions last until the token expires.
func statements(query func(context.Context, azuretest.Statement) (azuretest.Result, error)) func(context.Context, *tds.Session) error {
	return func(_ context.Context, s *tds.Session) error {
		for {
			request, err := s.ReceiveUnexpired()
			if err != nil {
				return err
			}
			statement := azuretest.Statement{User: s.User, Database: s.Database}
			switch r := request.(type) {
			case *tds.Transaction:
				s.FollowTransaction(r)
				continue
			case *tds.BulkLoad:
				s.Done(int64(len(r.Rows)))
				continue
			case *tds.Batch:
				statement.SQL, statement.Args = r.SQL, arguments(r.Parameters)
			case *tds.Call:
				statement.SQL, statement.Args = "EXEC "+r.Procedure, arguments(r.Parameters)
			}
			if query == nil {
				continue
			}
			result, err := query(request.Context(), statement)
			if err == nil {
				err = answer(s, result)
			}
			if errors.Is(err, io.EOF) {
				return err
			}
			list := errorsIn(err)
			if err != nil && len(list) == 0 {
				list = []*Error{tds.NewError(50000, 1, 16, err.Error())}
			}
			for _, e := range list {
				told := *e
				told.Class = cmp.Or(e.Class, 16)
				s.Error(&told)
			}
		}
	}
}

func arguments(parameters []tds.Parameter) []any {
	var args []any
	for _, p := range parameters {
		args = append(args, p.Value)
	}
	return args
}

func answer(s *tds.Session, r azuretest.Result) error {
	if len(r.Columns) == 0 {
		s.Done(r.RowsAffected)
		return nil
	}
	table, err := frontend.NewTable(r)
	if err != nil {
		return err
	}
	var columns []tds.Column
	for i, name := range table.Columns {
		columns = append(columns, tds.Column{Name: name, Type: typeOf(table.Kinds[i])})
	}
	if err := s.Columns(columns...); err != nil {
		return err
	}
	for _, row := range table.Rows {
		var values []any
		for _, v := range row {
			values = append(values, v)
		}
		if err := s.Row(values...); err != nil {
			return err
		}
	}
	s.Done(int64(len(table.Rows)))
	return nil
}

// typeOf is the type of a column with such values.
func typeOf(kind driver.Value) tds.Type {
	switch kind.(type) {
	case int64:
		return tds.Type{Name: "bigint"}
	case float64:
		return tds.Type{Name: "float"}
	case bool:
		return tds.Type{Name: "bit"}
	case []byte:
		return tds.Type{Name: "varbinary", Size: tds.Max}
	case time.Time:
		return tds.Type{Name: "datetimeoffset", Scale: 7}
	}
	return tds.Type{Name: "nvarchar", Size: tds.Max}
}
