package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
)

func TestFew(t *testing.T) {
	assert.Equal(t, "a, b", few("a, b"))
	assert.Equal(t, "a, b, c, d, e and 2 more", few("a, b, c, d, e, f, g"))
}

// A user who may read some tables is well, whatever else is not allowed.
func TestLacks(t *testing.T) {
	for _, c := range []struct {
		engine dsn.Engine
		rows   [][2]string
		want   string
	}{
		{dsn.PostgreSQL, [][2]string{{"create in schema public", "0"}, {"tables public", "2/0/2"}}, ""},
		{dsn.PostgreSQL, [][2]string{{"tables public", "1/0/2 a, b c"}}, "the user may not read 1 of 2 tables and views"},
		{dsn.SQLServer, [][2]string{{readAll, "1"}, {"write all tables", "0"}}, ""},
		{dsn.SQLServer, [][2]string{{readAll, "0"}, {"tables sales", "3/3/3"}}, ""},
		{dsn.SQLServer, [][2]string{{readAll, "0"}}, "the user may not read any table"},
		{dsn.MySQL, [][2]string{{"GRANT USAGE ON *.* TO `app`@`%`", ""}}, "the user has no privilege on any database"},
	} {
		r := rights{engine: c.engine}
		for _, row := range c.rows {
			r.add(new(Step), row[0], row[1])
		}
		assert.Equal(t, c.want, r.lacks(), "%v", c.rows)
	}
}
