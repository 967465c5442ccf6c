package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/azuredb/passwordless/lab/bench/internal/figures"
)

// queries is what a query with a parameter takes on an open connection, prepared once. The value is in microseconds.
func queries(ctx context.Context, s *stage) (rows []figures.Row, err error) {
	servers, err := s.servers(ctx)
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		if strings.HasSuffix(server.name, "TLS 1.2") && server.driver != "go-mssqldb" {
			continue // the same again
		}
		ourConnector, err := server.ours(s.library())
		if err != nil {
			return nil, err
		}
		bare, err := server.bare()
		if err != nil {
			return nil, err
		}
		var contenders []figures.Contender
		var allocations []float64
		for _, c := range []driver.Connector{ourConnector, bare} {
			query, end, err := prepared(ctx, c, server.query)
			if err != nil {
				return nil, err
			}
			contenders = append(contenders, figures.Contender{Who: server.driver, Do: figures.Timed(query)})
			s.closers = append(s.closers, end)
			allocations = append(allocations, testing.AllocsPerRun(100, func() { err = errors.Join(err, query()) }))
			if err != nil {
				return nil, err
			}
		}
		contenders[0].Who = figures.Ours
		rounds, err := figures.TakeTurns(s.pace(2*time.Second), contenders)
		if err != nil {
			return nil, err
		}
		for i, r := range figures.Compare(figures.Row{Case: server.name}, time.Microsecond, contenders, rounds) {
			r.More = map[string]float64{"allocations": allocations[i]}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// prepared returns what runs a query and reads its row, as database/sql does, and what closes its connection.
func prepared(ctx context.Context, c driver.Connector, text string) (query, end func() error, err error) {
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	statement, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	args, row := []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}, make([]driver.Value, 1)
	query = func() error {
		rows, err := statement.(driver.StmtQueryContext).QueryContext(ctx, args)
		if err != nil {
			return err
		}
		return errors.Join(rows.Next(row), rows.Close())
	}
	return query, func() error { return errors.Join(statement.Close(), conn.Close()) }, nil
}
