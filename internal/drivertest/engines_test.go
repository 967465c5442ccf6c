package drivertest_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// front is how a server is set up, whichever its engine.
type front struct {
	names     []string          // in its certificate; nil: localhost and 127.0.0.1
	passwords map[string]string // user to password
}

type bench = drivertest.Bench[front, drivertest.Connector]

// options are where and how a test connects.
type options = passwordless.Options

// engine is one of the three packages: what the tests of all three differ in.
type engine struct {
	drivertest.Engine[front, drivertest.Connector]
	kind       dsn.Engine
	name       string // the package's
	driverName string // for [sql.Open]
	driver     interface {
		driver.Driver
		driver.DriverContext
	}
	connector func(s string, o *options) (drivertest.Connector, error)
	openDB    func(s string, o *options) (*sql.DB, error)

	// inBubble is [drivertest.InBubble] with a server named host that takes every token
	// and tokens of an hour.
	inBubble func(t *testing.T) (azuretest.Server, *drivertest.Issuer, *options)

	host  dsn.Host // as Azure names servers, with the default port
	modes []string // settings for each way to begin with TLS
	// to and hosts are the strings for user app on one server, by its name alone, or two
	// of them, with settings at the end. withPassword is that for the bench's server.
	to           func(host string, more ...string) string
	hosts        func(first, second dsn.Host, more string) string
	withPassword func(b *bench, user, password string) string

	variables func(id azuretest.Identity, port string) map[string]string // Service Connector's
	seen      func(t *testing.T, l azuretest.ServerLogin)                // checks what the server saw of a login with them
	user      string                                                     // of a bench's strings, for errors

	badPort      string // a string whose port is no number
	badParameter string // a setting whose value, canary, the native driver does not take
	native       string // the native driver, as errors name it

	refusal   func(message string) error                // an unknown user
	refused   func(t *testing.T, err error)             // checks what the native driver made of that
	faults    map[string]azuretest.ServerFault          // what servers of this engine alone do
	routes    map[string]azuretest.ServerFault          // likewise, of servers named host
	limits    map[string]time.Duration                  // settings, and when a login ends by itself
	dialogues []dialogue                                // of honest servers, for hostile ones
	plain     []string                                  // settings that turn TLS, or its verification, off
	tls       func(b *bench) []string                   // all ways to ask for TLS
	doors     []door                                    // besides the connector
	bare      func(*testing.B, *bench) driver.Connector // of the native driver, with the bench's server, dialer and last token
}

var engines = []*engine{&postgresEngine, &mysqlEngine, &sqlserverEngine}

// onEach runs a test for each engine.
func onEach(t *testing.T, test func(t *testing.T, e *engine)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { test(t, e) })
	}
}

// onEachMode runs a test for each engine and way to begin with TLS.
func onEachMode(t *testing.T, test func(t *testing.T, e *engine, mode string)) {
	t.Helper()
	onEach(t, func(t *testing.T, e *engine) {
		if len(e.modes) == 0 {
			test(t, e, "")
		}
		for _, mode := range e.modes {
			t.Run(mode, func(t *testing.T) { test(t, e, mode) })
		}
	})
}

// asConnector is a package's NewConnector as one of all packages.
func asConnector[C drivertest.Connector](open func(string, *options) (C, error)) func(string, *options) (drivertest.Connector, error) {
	return func(s string, o *options) (drivertest.Connector, error) { return open(s, o) }
}

// refuse is a server that refuses logins.
func refuse(err error) azuretest.ServerFault {
	return azuretest.ServerFault{Kind: azuretest.Refuse, Err: err}
}
