package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// Validate says what is wrong with a request. It quotes nothing of it.
func (r Request) Validate() error {
	for _, row := range []struct {
		what, value string
		allowed     []string
	}{{"role", string(r.Role), Roles}, {"type", string(r.Kind), Kinds}} {
		if !slices.Contains(row.allowed, row.value) {
			return fmt.Errorf("unknown %s: want %s", row.what, strings.Join(row.allowed, ", "))
		}
	}
	if r.Principal == "" {
		return errors.New("no principal is given: name the database's user with --principal")
	}
	if r.Schema != "" && r.Engine == dsn.MySQL {
		return errors.New("MySQL's schemas are its databases: use --database in place of --schema")
	}
	if r.Database == "" && (r.Engine != dsn.SQLServer || r.Role == ServiceConnector) {
		return errors.New("no database is given: name it with --database")
	}
	if r.ID != "" && !environ.IsGUID(r.ID) {
		return errors.New("the ID is none: want 8-4-4-4-12 hexadecimal digits")
	}
	for _, row := range [][2]string{{"principal", r.Principal}, {"database", r.Database}, {"schema", r.Schema}} {
		if err := r.validateName(row[0], row[1]); err != nil {
			return err
		}
	}
	return r.validateUser()
}

// validateName refuses names that some program would read as more than a name, and those that the engine would shorten
// to another name.
func (r Request) validateName(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("the %s is not UTF-8", what)
	}
	if strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || unicode.In(c, unicode.Zl, unicode.Zp) }) {
		return fmt.Errorf("the %s has a control character or a line break", what)
	}
	length, most, unit := 0, 0, "characters"
	switch r.Engine {
	case dsn.PostgreSQL:
		length, most, unit = len(s), 63, "bytes"
	case dsn.MySQL:
		length, most = utf8.RuneCountInString(s), 64
		if what == "principal" {
			most = 32
		}
		if strings.ContainsFunc(s, func(c rune) bool { return c > 0xffff }) {
			return fmt.Errorf("the %s has a character that MySQL does not take in names, such as an emoji", what)
		}
	default:
		length, most = len(utf16.Encode([]rune(s))), 128
	}
	if length > most {
		text := fmt.Sprintf("the %s is longer than %d %s", what, most, unit)
		if what == "principal" && r.Engine != dsn.SQLServer {
			text += ": choose a shorter name, and say whose it is with an ID"
		}
		return errors.New(text)
	}
	return nil
}

// reserved are names that stand for others than one user.
var reserved = map[dsn.Engine][]string{
	dsn.PostgreSQL: {"public", "none"}, // also in quotation marks
	dsn.SQLServer:  {"public", "guest", "dbo", "sys", "information_schema"},
}

func (r Request) validateUser() error {
	name := r.Principal
	if r.Engine == dsn.SQLServer {
		name = strings.ToLower(strings.TrimRight(name, " ")) // as it compares names
	}
	if slices.Contains(reserved[r.Engine], name) || r.Engine == dsn.PostgreSQL && strings.HasPrefix(name, "pg_") {
		return errors.New("the principal is a name that the server keeps for itself: choose another, and say whose it is with an ID")
	}
	return nil
}
