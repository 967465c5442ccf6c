package e2e_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everyType is a table with a column of each kind.
var everyType = map[*engine]string{
	&mySQL: "id int primary key, word varchar(40), number bigint, ratio double, flag boolean, raw varbinary(20), price decimal(10,2), moment datetime(6)",
	&sqlServer: "id int primary key, word nvarchar(40), number bigint, ratio float, flag bit, raw varbinary(20), price decimal(10,2), " +
		"moment datetime2(6)",
}

func TestEngineValuesAndNulls(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, mode := range statementModes[b.engine] {
			t.Run("mode "+mode, func(t *testing.T) {
				precision := time.Duration(0)
				if mode == "encrypt=strict" {
					// go-mssqldb takes TDS 8.0, 0x08000000, for a version before 7.3 (makeParam in its mssql.go).
					precision = time.Second / 300
				}
				b.requireValues(t, b.readyDB(t, mode), precision)
			})
		}
	})
}

// aMoment is as exact as both engines keep one.
var aMoment = time.Date(2026, 7, 14, 9, 26, 53, 589793000, time.UTC)

// stored is a row of everyType.
type stored struct {
	word   sql.Null[string]
	number sql.Null[int64]
	ratio  sql.Null[float64]
	flag   sql.Null[bool]
	raw    []byte
	price  sql.Null[string]
	moment sql.NullTime
}

func (s *stored) fields() []any {
	return []any{&s.word, &s.number, &s.ratio, &s.flag, &s.raw, &s.price, &s.moment}
}

// requireValues asserts that values and NULLs come back as they were written, times as exactly as said.
func (b *bench) requireValues(t *testing.T, db *sql.DB, precision time.Duration) {
	t.Helper()
	table := newTable(t, db, everyType[b.engine])
	full := stored{
		word: sql.Null[string]{V: "Ångström 漢字 🦆 'x' \\", Valid: true}, number: sql.Null[int64]{V: -1 << 62, Valid: true},
		ratio: sql.Null[float64]{V: 0.1, Valid: true}, flag: sql.Null[bool]{V: true, Valid: true}, raw: []byte{0, 0xff, '\\', '\''},
		price: sql.Null[string]{V: "12.50", Valid: true}, moment: sql.NullTime{Time: aMoment, Valid: true},
	}
	insert := b.rebound("insert into " + table + " values (?, ?, ?, ?, ?, ?, ?, ?)")
	for id, row := range []stored{{}, full} {
		execute(t, db, insert, id, row.word, row.number, row.ratio, row.flag, row.raw, row.price, row.moment)
		var got stored
		query := b.rebound("select word, number, ratio, flag, raw, price, moment from " + table + " where id = ?")
		require.NoError(t, db.QueryRowContext(limited(t), query, id).Scan(got.fields()...))
		if row.moment.Valid {
			assert.WithinDuration(t, row.moment.Time, got.moment.Time, precision)
			got.moment = row.moment
		}
		assert.Equal(t, row, got)
	}
}
