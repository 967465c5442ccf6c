package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// bulkTarget is what an INSERT BULK statement announces: the rows come in the client's next request.
type bulkTarget struct {
	table   string
	columns []string
}

// insertBulk notes the table and columns of "INSERT BULK table (column type, ...) WITH (...)".
func (s *session) insertBulk(words []sqlite.Token) error {
	words = s.environment.plainNames(words)
	open := slices.IndexFunc(words, func(t sqlite.Token) bool { return t.Text == "(" })
	if open < 3 {
		return incorrectSyntax(words)
	}
	s.bulk = &bulkTarget{table: unquoted(words[open-1])}
	for _, definition := range commas(words[open+1 : closing(words, open)]) {
		if len(definition) > 0 {
			s.bulk.columns = append(s.bulk.columns, unquoted(definition[0]))
		}
	}
	s.client.Done(-1)
	return nil
}

// load inserts the rows, all of them or none.
func (s *session) load(r *tds.BulkLoad) error {
	bulk := s.bulk
	s.bulk = nil
	if bulk == nil || len(bulk.columns) != len(r.Columns) {
		return serverError(4815, "Received an invalid column length or count from the bcp client.")
	}
	names := make([]string, len(bulk.columns))
	for i, c := range bulk.columns {
		names[i] = sqlName(c).Text
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	insert := "insert into " + sqlName(bulk.table).Text + " (" + strings.Join(names, ", ") + ") values (" + marks + ")"
	err := s.atomically(func() error { return s.insertRows(insert, r) })
	if err == nil {
		s.done(int64(len(r.Rows)))
	}
	return err
}

func (s *session) insertRows(insert string, r *tds.BulkLoad) error {
	statement, err := s.sqlite.PrepareContext(s.ctx, insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, row := range r.Rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = sqliteValue(v, r.Columns[i].Type)
		}
		if _, err := statement.ExecContext(s.ctx, values...); err != nil {
			return err
		}
	}
	return nil
}
