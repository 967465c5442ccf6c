// Package connector opens one connection to an Azure database, for the authors of
// driver packages such as postgres. Applications use those packages and the root
// package, whose documentation is the manual.
//
// A driver package works like this:
//
//	h, err := connector.Open(dsn.PostgreSQL, s, o)  // where to connect, with which identity
//	config := h.Config()                            // for the native driver
//	tls, err := h.TLSConfig(host)                   // for each host; nil only for a password without TLS
//	conn, err := h.Connect(ctx, connector.Driver{Login: logIn, Classify: classify})
//
// [Handle.Connect] calls logIn with an [Attempt], which has the user name and the
// token, and once more with a new token if the server says that it has expired. The
// native driver's connection goes through [Handle.DialContext]. Before a token is
// sent, the driver package checks on the wire that the server was verified.
//
// A handle belongs to one pool: Close it with the pool, or use [Handle.SetActive] if
// the pool cannot tell when it is closed. [Build] makes a connector from a handle.
package connector
