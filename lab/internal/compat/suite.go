package main

import (
	"embed"
	"strings"
)

// A suite is the tests of another project. It is run twice: bare, as it is, with a user who has a password; and ours,
// with the calls that open a connection replaced, and a user who has a token.
type suite struct {
	name     string
	copy     string   // the name of its copy, which suites may share
	modules  []module // the first one is tested; the others are copied as well, for they are edited, too
	packages string   // and flags, for go test in the first module
	environ  func(postgres, mysql target) []string
	database string   // its name, if the tests expect one
	postgres []string // statements to begin with, as the superuser

	edits, ours    []edit // for both runs, and then for ours alone
	adds, oursAdds files  // the same
	explain        explanations
}

// files are added to a copy.
type files map[string]string

// explanations say why a test does not pass in both runs, by the beginning of its name.
type explanations map[string]string

// A module comes from the module cache, or where the tests are not in its archive from its repository.
type module struct {
	path, version string
	repository    string // to clone at the version's tag
	dir           string // of the copy, and of go.mod in the clone: "gorm/tests" is the directory tests of the clone gorm
}

// An edit replaces a text in the files that a pattern names, and fails where there is none. An empty one removes the files.
type edit struct{ files, old, with string }

// A target is a new database, and who logs in to it.
type target struct {
	host           string
	port           string
	database       string
	user, password string // without a password: with a token
	ca             string // a file
	admin          string // reaches the server without a password
}

// keywords is libpq's form.
func (t target) keywords() string {
	s := "host=" + t.host + " port=" + t.port + " user=" + t.user + " dbname=" + t.database + " sslmode=verify-full sslrootcert=" + t.ca
	if t.password != "" {
		s += " password=" + t.password
	}
	return s
}

// url is the same as a URL.
func (t target) url() string {
	return "postgres://" + t.login() + "@" + t.host + ":" + t.port + "/" + t.database + "?sslmode=verify-full&sslrootcert=" + t.ca
}

// dsn is go-sql-driver's form. The bare driver goes without TLS.
func (t target) dsn(parameters ...string) string {
	s := t.login() + "@tcp(" + t.host + ":" + t.port + ")/" + t.database
	if len(parameters) > 0 {
		s += "?" + strings.Join(parameters, "&")
	}
	return s
}

func (t target) login() string {
	if t.password == "" {
		return t.user
	}
	return t.user + ":" + t.password
}

// sources are added to copies.
//
//go:embed through/pgx.go testdata
var sources embed.FS

// source is one of them.
func source(name string) string {
	text, err := sources.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}
